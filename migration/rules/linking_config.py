"""What the configuration of `link_files` says: which column plays which role, and weights if they are given."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from records.rules.linkage.model import Field, Model, Odds, read_odds
from records.rules.linkage.roles import ROLES, Columns
from registry.rules.phrases import Phrase

_KEYS = frozenset({"id", "columns", "weights", "delimiter", "files"})


class ConfigRefused(Exception):
    """The configuration cannot be used; message in Vietnamese."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class LinkingConfig:
    """Columns by role, and weights by field where given: {field: {level: {"m": …, "u": …}}}."""

    columns: Columns
    weights: Mapping[str, Any]

    def with_weights(self, model: Model) -> Model:
        """The model with the given weights in place of its own. Raises ConfigRefused."""
        odds = dict(model.odds)
        for one in model.fields:
            given = self.weights.get(one.name) or self.weights.get(one.name.removeprefix("address "))
            if given:
                odds[one.name] = _given(one, given, odds[one.name])
        return Model(
            model.version + "+config",
            model.fields,
            odds,
            model.shares,
            model.rarest,
            note="weights of the configuration",
        )


def _given(one: Field, given: Any, trained: Odds) -> Odds:
    try:
        own = {
            step.key: {"m": m, "u": u}
            for step, m, u in zip(one.kind.steps[1:], trained.m[1:], trained.u[1:], strict=True)
        }
        return read_odds(one.kind, own | dict(given), trained.typical)
    except (TypeError, ValueError, KeyError, AttributeError) as problem:
        known = ", ".join(step.key for step in one.kind.steps[1:])
        raise ConfigRefused(
            Phrase(
                "[weights.{field}] không dùng được ({problem}). Các mức: {known}; mỗi mức là {{ m = 0.9, u = 0.01 }}.",
                field=one.name,
                problem=str(problem),
                known=known,
            )
        ) from problem


def read_config(text: str) -> LinkingConfig:
    """The configuration's text (TOML). Raises ConfigRefused."""
    try:
        told = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as problem:
        raise ConfigRefused(Phrase("không phải TOML: {problem}", problem=str(problem))) from problem
    unknown = sorted(set(told) - _KEYS)
    if unknown:
        raise ConfigRefused(Phrase("mục lạ {names}; cần id, [columns] và có thể [weights]", names=", ".join(unknown)))
    key = told.get("id")
    if not isinstance(key, str) or not key.strip():
        raise ConfigRefused('thiếu cột khoá, ví dụ: id = "rec_id"')
    weights = told.get("weights", {})
    if not isinstance(weights, dict):
        raise ConfigRefused("[weights] phải là một bảng")
    return LinkingConfig(_columns(key, told.get("columns")), weights)


def _columns(key: str, told: Any) -> Columns:
    if not isinstance(told, dict) or not told:
        raise ConfigRefused('thiếu bảng [columns], ví dụ: full_name = "ho_ten"')
    roles = {}
    for role, name in told.items():
        if role not in ROLES:
            raise ConfigRefused(
                Phrase("[columns] có vai trò lạ {role}; các vai trò: {known}", role=role, known=", ".join(ROLES))
            )
        if role == "address":
            continue
        if not isinstance(name, str) or not name.strip():
            raise ConfigRefused(Phrase("[columns] {role} phải là tên một cột", role=role))
        roles[role] = name
    if "given_name" in roles and "family_name" in roles:
        roles.pop("full_name", None)  # the same words again would count twice
    address = told.get("address", [])
    address = [address] if isinstance(address, str) else address
    if not isinstance(address, list) or not all(isinstance(one, str) and one.strip() for one in address):
        raise ConfigRefused("[columns] address phải là danh sách tên cột")
    if not roles and not address:
        raise ConfigRefused("[columns] chưa khai báo cột nào để so sánh")
    return Columns(key, roles, tuple(dict.fromkeys(address)))
