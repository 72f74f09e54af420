"""The worklist's address: filters as links that Back and sharing keep."""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from registry.kernel import in_language
from screening.queries.worklist import Board, Bucket, Filters, Holder

STEPS = {"colonoscopy": "noi-soi", "classify": "phan-loai", "clinician-decides": "bac-si", "sample": "cho-ket-qua"}
_SLUG = re.compile(r"[0-9a-z-]{1,30}")


def read_filters(asked: QueryDict) -> Filters:
    """What the address asks for; whatever it does not understand is left out."""
    slug = asked.get("buoc", "")
    return Filters(
        bucket=_member(Bucket, asked.get("loc"), Bucket.OPEN),
        holder=_member(Holder, asked.get("nguoi-giu"), Holder.ANYBODY),
        step=next((step for step, name in STEPS.items() if name == slug), slug if _SLUG.fullmatch(slug) else ""),
        after=read_key(asked.get("sau", "")),
    )


def _member(kind: Any, text: str | None, otherwise: Any) -> Any:
    try:
        return kind(text or otherwise)
    except ValueError:
        return otherwise


def read_key(text: str) -> tuple[str, uuid.UUID] | None:
    """ "2026-12-24~uuid" as the last row of a page wrote it; None for anything else."""
    moment, _mark, identity = text.rpartition("~")
    try:
        return (moment, uuid.UUID(identity)) if moment else None
    except ValueError:
        return None


def write_key(key: tuple[str, uuid.UUID]) -> str:
    """The address's form of a key."""
    return f"{key[0]}~{key[1]}"


def address(filters: Filters, **change: Any) -> str:
    """The worklist's address with some filters changed; a change starts at the first page."""
    named = {
        "loc": change.get("bucket", filters.bucket),
        "nguoi-giu": change.get("holder", filters.holder),
        "buoc": STEPS.get(step := change.get("step", filters.step), step),
        "sau": change.get("after", ""),
    }
    kept = {key: str(value) for key, value in named.items() if value and value != Bucket.OPEN}
    return reverse("screening:worklist") + (f"?{urlencode(kept)}" if kept else "")


def bucket_items(board: Board) -> list[dict[str, Any]]:
    """The tabs, each with the number of cases it would show."""
    names = {
        Bucket.OPEN: _("Đang mở"), Bucket.OVERDUE: _("Quá hạn"), Bucket.SOON: _("7 ngày tới"),
        Bucket.CALL: _("Gọi lại hôm nay"), Bucket.CLOSED: _("Đã đóng"),
    }  # fmt: skip
    asked = board.filters
    return [
        {
            "label": name,
            "url": address(asked, bucket=bucket),
            "count": board.counts.of(bucket, asked.holder, asked.step),
            "count_danger": bucket is Bucket.OVERDUE and board.counts.of(bucket, asked.holder, asked.step) > 0,
            "current": bucket is asked.bucket,
        }
        for bucket, name in names.items()
    ]


def holder_items(board: Board) -> list[dict[str, Any]]:
    """Whose cases."""
    names = {Holder.ANYBODY: _("Mọi người giữ"), Holder.MINE: _("Của tôi"), Holder.NOBODY: _("Chưa giao")}
    asked = board.filters
    return [
        {
            "label": name,
            "url": address(asked, holder=holder),
            "count": board.counts.of(asked.bucket, holder, asked.step),
            "current": holder is asked.holder,
        }
        for holder, name in names.items()
    ]


def step_items(board: Board) -> list[dict[str, Any]]:
    """Which step is owed: those that somebody owes, and the two that colorectal screening always shows."""
    names = {"": _("Mọi bước"), "colonoscopy": _("Chờ nội soi"), "classify": _("Chờ phân loại")}
    names |= {step: in_language(name) for step, name in board.steps.items() if step not in names}
    asked = board.filters
    return [
        {
            "label": name,
            "url": address(asked, step=step),
            "count": board.counts.of(asked.bucket, asked.holder, step),
            "current": step == asked.step,
        }
        for step, name in names.items()
    ]
