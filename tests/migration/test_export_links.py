"""A gathered list of people into a city that knows some of them: whom each row went to, and how well that was decided."""

from __future__ import annotations

import csv
import io
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from benchmarks.registers import make_files
from migration.queries.links import Decision, list_links
from records.models import Patient
from registry.kernel import NotFound
from registry.rules.tables import reference_rows
from registry.rules.text import fold
from tests.migration.test_pipeline import run

COLUMNS = ("source_id", "full_name", "birth_date", "sex", "cccd", "bhyt", "phone", "address", "ward_code")
SEXES = {"male": "M", "female": "F", "unknown": ""}


def _wards() -> dict[str, str]:
    return {fold(row["name"]): row["code"] for row in reference_rows("units") if row["level"] == "commune"}


def listed(rows: Any, prefix: str) -> bytes:
    """As the profile `person-csv` takes them."""
    out, wards = io.StringIO(), _wards()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows):
        ward = wards.get(fold(row.ward), "")
        writer.writerow(
            (
                f"{prefix}{number}",
                row.name,
                row.birth.display,
                SEXES[row.sex],
                row.cccd,
                row.bhyt,
                row.phone,
                row.address,
                ward,
            )
        )
    return out.getvalue().encode()


def exported(batch_id: uuid.UUID) -> list[dict[str, str]]:
    out = io.StringIO()
    call_command("export_links", "--batch", str(batch_id), stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


@pytest.fixture
def ctx(city: Any) -> Any:
    return city.ctx("di.tru")


def test_rows_of_a_list_find_their_people(ctx: Any) -> None:
    made = make_files(5, 900, 600)
    run(ctx, listed(made.register, "r"), "person-csv")
    people = {row["source_key"]: row["patient_id"] for row in exported_of_last(ctx)}
    batch = run(ctx, listed(made.hospital, "h"), "person-csv")
    rows = exported(batch.pk)
    assert len(rows) == 600
    assert {row["decision"] for row in rows} <= {one.value for one in Decision}
    truth = {f"h{mine}": people[f"r{theirs}"] for mine, theirs in made.truth.items()}
    linked = {row["source_key"]: row["patient_id"] for row in rows if row["decision"] in ("auto", "review")}
    right = sum(truth.get(key) == person for key, person in linked.items())
    precision, recall = right / len(linked), right / len(truth)
    assert 2 * precision * recall / (precision + recall) >= 0.97
    auto = [row for row in rows if row["decision"] == "auto"]
    assert all(truth.get(row["source_key"]) == row["patient_id"] for row in auto)
    assert all(float(row["weight"]) >= 24 for row in auto)
    assert Counter(row["decision"] for row in rows)["review"] <= 0.06 * len(rows)


def exported_of_last(ctx: Any) -> list[dict[str, str]]:
    from migration.models import ImportBatch

    return exported(ImportBatch.objects.latest("received_at").pk)


def test_empty_cells_are_no_reason_to_refuse_a_row(ctx: Any) -> None:
    rows = [
        "a1,NguyÔn V¨n §øc,12/3/72,Nam,,,,,",
        "a2,TRAN THI LAN,,,001172000345,,,,00166",
        "a3,Lê Văn Bảy,năm 1950,,,,,,",
        "a4,Phạm Thị Tư,,,,,,,",
        ",Đỗ Văn Tám,01/01/1949,1,,,,,",
    ]
    batch = run(ctx, "\n".join([",".join(COLUMNS), *rows]).encode(), "person-csv")
    assert {row["source_key"][:1]: row["decision"] for row in exported(batch.pk)} == {"a": "quarantined", "~": "new"}
    found = {one.name: (one.birth_date.isoformat(), one.birth_precision, one.sex) for one in Patient.objects.all()}
    assert found == {
        "Nguyễn Văn Đức": ("1972-03-12", "day", "male"),
        "Trần Thị Lan" if "Trần Thị Lan" in found else "Tran Thi Lan": ("1972-01-01", "year", "female"),
        "Lê Văn Bảy": ("1950-01-01", "year", "unknown"),
        "Đỗ Văn Tám": ("1949-01-01", "year", "male"),
    }


def test_a_stranger_exports_nothing(ctx: Any, city: Any) -> None:
    batch = run(ctx, f"{','.join(COLUMNS)}\nb1,Lê Văn Bảy,1950,M,,,,,\n".encode(), "person-csv")
    with pytest.raises(NotFound):
        list_links(city.ctx("di.tru.2"), batch.pk)
    with pytest.raises(CommandError):
        call_command("export_links", "--batch", str(uuid.uuid4()))


def test_into_a_file(ctx: Any, tmp_path: Path) -> None:
    batch = run(ctx, f"{','.join(COLUMNS)}\nb1,Lê Văn Bảy,1950,M,,,,,\n".encode(), "person-csv")
    path = tmp_path / "links.csv"
    call_command("export_links", "--batch", str(batch.pk), "--output", str(path))
    person = Patient.objects.get()
    assert path.read_text(encoding="utf-8").splitlines() == [
        "source_key,patient_id,weight,decision",
        f"b1,{person.pk},,new",
    ]
