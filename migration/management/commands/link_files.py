"""bin/manage link_files A.csv B.csv --config FILE.toml [--truth FILE] [--threshold X] [--output FILE] [--json]

The matcher of the record system on any two tables with declared columns; no database is read or written. Weights are
estimated from the two files unless the configuration gives some. docs/how-to/link-files.md shows a configuration.
Exit code: 0 done; 2 when the configuration, a file or a column cannot be used.
"""

from __future__ import annotations

import csv
import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from migration.readers.tables import TableRefused, in_vietnamese, read_columns
from migration.rules.linking_config import ConfigRefused, LinkingConfig, read_config
from records.rules.linkage.columns import Table
from records.rules.linkage.deciding import probability
from records.rules.linkage.linking import Linked, link, trained_model
from records.rules.linkage.roles import fields_of, make_table, writes_month_first
from registry.rules.phrases import Phrase

_TEXTS = ("given_name", "family_name", "full_name")


class Command(BaseCommand):
    """Link two files."""

    help = "Ghép hai tệp CSV: tìm các dòng nói về cùng một người, bằng chính bộ so khớp của hệ thống."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("a", type=Path, metavar="A.csv")
        parser.add_argument("b", type=Path, metavar="B.csv")
        parser.add_argument(
            "--config", type=Path, required=True, metavar="FILE.toml", help="cột khoá và vai trò các cột"
        )
        parser.add_argument("--truth", type=Path, metavar="FILE.csv", help="các cặp đúng: hai cột a, b")
        parser.add_argument(
            "--threshold", type=float, metavar="X", help="ngưỡng: xác suất nếu trong khoảng 0-1, còn lại là số bit"
        )
        parser.add_argument("--output", type=Path, metavar="FILE.csv", help="ghi các cặp ra tệp này")
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON ra stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, train, link, measure, tell."""
        self.console = Console(stderr=True)
        began = time.monotonic()
        try:
            with self._progress() as progress:
                told = self._run(options, progress)
        except TableRefused as refused:
            raise CommandError(refused.message, returncode=2) from refused
        except ConfigRefused as refused:
            raise CommandError(
                Phrase("Tệp cấu hình {file}: {problem}.", file=str(options["config"]), problem=refused.message),
                returncode=2,
            ) from refused
        told["seconds"] = round(time.monotonic() - began, 2)
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            self._show(told)

    def _progress(self) -> Progress:
        return Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=self.console)

    def _run(self, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
        config = read_config(_text(options["config"]))
        truth = _truth(options["truth"])
        one, other = self._tables(options["a"], options["b"], config, progress)
        task = progress.add_task("Ước lượng trọng số", total=None)
        model, untrained = trained_model(fields_of(config.columns), one, other)
        if config.weights:
            model = config.with_weights(model)
        progress.update(task, total=1, completed=1)
        linking = progress.add_task("So khớp", total=len(one))
        linked = link(
            one, other, model, threshold=options["threshold"], measure_household=not config.weights,
            tell=lambda done, total: progress.update(linking, completed=done, total=total),
        )  # fmt: skip
        pairs = _pairs(one, other, linked)
        told = _facts(one, other, linked, untrained, len(pairs)) | (
            _measures(pairs, truth) if truth is not None else {}
        )
        if options["output"]:
            _write(options["output"], pairs)
        else:
            told["links"] = [list(pair) for pair in pairs]
        return told

    def _tables(self, a: Path, b: Path, config: LinkingConfig, progress: Progress) -> tuple[Table, Table]:
        texts = [self._texts(path, config, progress) for path in (a, b)]
        born = config.columns.roles.get("birth_date", "")
        tables = [
            make_table(config.columns, columns, month_first=bool(born) and writes_month_first(columns[born]))
            for columns in texts
        ]
        return tables[0], tables[1]

    def _texts(self, path: Path, config: LinkingConfig, progress: Progress) -> dict[str, list[str]]:
        task: TaskID = progress.add_task(f"Đọc {path.name}", total=None)
        columns = read_columns(path, config.columns.names, lambda rows: progress.update(task, completed=rows))
        told = {*config.columns.address, *(config.columns.roles.get(role, "") for role in _TEXTS)}
        for name in told & columns.keys():
            columns[name] = in_vietnamese(columns[name])
        progress.update(task, total=1, completed=1)
        return columns

    def _show(self, told: dict[str, Any]) -> None:
        grid = Grid(title="Ghép hai tệp", show_header=False)
        words = {
            "rows_a": "Số dòng A", "rows_b": "Số dòng B", "compared": "Cặp đã so sánh", "pairs": "Cặp ghép được",
            "precision": "Độ chính xác", "recall": "Độ bao phủ", "f1": "F1", "threshold": "Ngưỡng (bit)",
            "probability": "Xác suất tại ngưỡng", "seconds": "Giây",
        }  # fmt: skip
        for name, word in words.items():
            if name in told:
                grid.add_row(word, f"{told[name]:.4f}" if isinstance(told[name], float) else str(told[name]))
        Console(file=self.stdout, width=100).print(grid)  # type: ignore[arg-type]  # OutputWrapper writes as a file does


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigRefused(Phrase("không đọc được ({problem})", problem=str(problem))) from problem


def _truth(path: Path | None) -> set[tuple[str, str]] | None:
    if path is None:
        return None
    columns = read_columns(path, ["a", "b"])
    return set(zip(columns["a"], columns["b"], strict=True))


Pair = tuple[str, str, float, float]


def _pairs(one: Table, other: Table, linked: Linked) -> list[Pair]:
    """(key of A, key of B, bits, probability), best first."""
    prior = linked.decided.prior
    return [
        (one.keys[each.left], other.keys[each.right], round(each.bits, 2), round(probability(each.bits, prior), 6))
        for each in linked.decided.links
    ]


def _facts(one: Table, other: Table, linked: Linked, untrained: tuple[str, ...], pairs: int) -> dict[str, Any]:
    decided = linked.decided
    return {
        "pairs": pairs,
        "threshold": round(decided.threshold, 3),
        "probability": round(probability(decided.threshold, decided.prior), 6),
        "rows_a": len(one),
        "rows_b": len(other),
        "compared": linked.compared,
        "once_a": decided.once_left,
        "once_b": decided.once_right,
        "household_cap": round(linked.model.household_cap, 1),
        "untrained": list(untrained),
        "blocking": list(linked.keys),
        "weights": {
            each.name: {
                step.key: round(linked.model.odds[each.name].bits(level), 1)
                for level, step in enumerate(each.kind.steps)
                if level
            }
            for each in linked.model.fields
        },
    }


def _measures(pairs: list[Pair], truth: set[tuple[str, str]]) -> dict[str, float]:
    found = {(a, b) for a, b, _, _ in pairs}
    right = len(found & truth)
    precision, recall = right / len(found) if found else 0.0, right / len(truth) if truth else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "truth": len(truth), "right": right}


def _write(path: Path, pairs: list[Pair]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("a", "b", "bits", "probability"))
            writer.writerows(pairs)
    except OSError as problem:
        raise TableRefused(
            Phrase("Không ghi được tệp {file}: {problem}.", file=str(path), problem=str(problem.strerror))
        ) from problem
