"""Rounds of screening from another system's file: each lands once, what is wrong waits with its reason, and the published
rates come out again.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from migration.models import Quarantine
from screening.models import ReportedRound
from tests.factories.city import City
from tests.factories.rounds import Table, as_csv

PUBLISHED = Path(__file__).parent.parent / "screening" / "published"
# Printed beside the counts -> our indicator and the decimals it was printed with.
VENETO = {
    "participation": ("participation", 1),
    "colonoscopy_percent": ("further_assessment_participation", 1),
    "cancer_per_1000": ("detection_rate_cancer", 2),
    "nns_advanced_neoplasia": ("nns_advanced_neoplasia", 1),
}
ONE = {
    "person_id": "P1", "sex": "F", "birth_date": "1960-07-01", "ward_code": "00229", "programme": "colorectal", "round": "1",
    "target": "1", "invited_on": "2025-03-04", "tested_on": "2025-03-20", "test": "fit", "result": "positive",
    "assessed_on": "2025-04-10", "assessment": "done", "findings": "advanced_adenoma;other", "finding_on": "2025-04-12",
    "treated_on": "2025-04-12",
}  # fmt: skip


def imported(path: Path, *options: str) -> dict[str, Any]:
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("import_legacy", str(path), "--profile", "screening-results", "--json", *options, stdout=out)
    return dict(json.loads(out.getvalue()))


def indicators(programme: str, since: str, until: str, *options: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command("screening_indicators", programme, "--from", since, "--to", until, "--json", *options, stdout=out)
    return list(json.loads(out.getvalue()))


def veneto() -> list[dict[str, str]]:
    with (PUBLISHED / "veneto.csv").open() as file:
        return list(csv.DictReader(file))


def table_of(line: Mapping[str, str]) -> Table:
    found = {"cancer": "cancer", "advanced_adenoma": "advanced_adenoma", "other_adenoma": "adenoma"}
    counts = {name: int(line[name]) for name in ("invited", "screened", "positive", "colonoscopy")}
    return Table(**counts, findings={code: int(line[name]) for name, code in found.items()}, round=int(line["round"]))


def reproduces(line: Mapping[str, str], told: list[dict[str, Any]], group: str) -> None:
    values = {one["indicator"]: one for one in told if one["group"] == group}
    for printed, (indicator, decimals) in VENETO.items():
        assert round(values[indicator]["value"], decimals) == float(line[printed]), (group, printed)
    assert values["invited_count"]["numerator"] == int(line["invited"])
    assert values["participation"]["unknown"] == 0
    positives, done = int(line["positive"]), int(line["colonoscopy"])
    assert values["further_assessment_participation"]["unknown"] == positives - done


@pytest.mark.django_db(transaction=True)
def test_the_last_round_of_the_veneto_table_comes_out_as_published(city: City, tmp_path: Path) -> None:
    line = next(one for one in veneto() if one["round"] == "6")
    path = tmp_path / "veneto.csv"
    path.write_text(as_csv(table_of(line).rows()))
    told = imported(path)
    assert (told["state"], told["loaded"], told["closes"]) == ("done", int(line["invited"]), True)
    assert told["notices"] == {"positive-without-end": int(line["positive"]) - int(line["colonoscopy"])}
    for basis in ("invitation-cohort", "calendar-year"):
        values = indicators("colorectal", "2019-01-01", "2019-12-31", "--basis", basis, "--by", "round")
        reproduces(line, values, "6")
        reproduces(line, values, "all")


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_the_veneto_table_comes_out_as_published(city: City, tmp_path: Path) -> None:
    lines = veneto()
    path = tmp_path / "veneto.csv"
    path.write_text(as_csv(row for line in lines if line["round"] != "all" for row in table_of(line).rows()))
    assert imported(path)["loaded"] == int(lines[-1]["invited"])
    for basis in ("invitation-cohort", "calendar-year"):
        told = indicators("colorectal", "2019-01-01", "2019-12-31", "--basis", basis, "--by", "round")
        for line in lines:
            reproduces(line, told, line["round"])


@pytest.mark.django_db(transaction=True)
def test_a_row_lands_once_and_a_later_file_replaces_it(city: City, tmp_path: Path) -> None:
    first, same, later = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.csv"
    first.write_text(as_csv([ONE, ONE]))
    same.write_text(as_csv([ONE, ONE | {"person_id": "P2"}]))
    later.write_text(as_csv([ONE | {"treated_on": "2025-05-30"}]))
    told = imported(first)
    assert (told["loaded"], told["skipped"]) == (1, 1)
    assert imported(first)["batch"] == told["batch"]
    told = imported(same)
    assert (told["loaded"], told["skipped"]) == (1, 1)
    assert imported(later)["linked"] == 1
    kept = ReportedRound.objects.get(person_key="P1")
    assert str(kept.treated_on) == "2025-05-30"
    assert kept.findings == ["advanced_adenoma", "other"]


@pytest.mark.django_db(transaction=True)
def test_what_is_wrong_waits_with_its_reason_and_place(city: City, tmp_path: Path) -> None:
    wrong = {
        "person-id": {"person_id": ""},
        "sex": {"sex": "X"},
        "birth-date": {"birth_date": ""},
        "date-unreadable": {"tested_on": "20/03/2025"},
        "date-out-of-range": {"invited_on": "2199-01-01"},
        "programme-unknown": {"programme": "da dày"},
        "round": {"round": "một"},
        "target": {"target": "có"},
        "assessment": {"assessment": "rồi"},
        "result-unknown": {"result": "lạ"},
        "finding-unknown": {"findings": "polyp"},
        "before-birth": {"birth_date": "2025-03-10"},
        "before-sample": {"assessed_on": "2025-03-01"},
        "wrong-sex": {"programme": "cervical", "sex": "M", "findings": ""},
    }
    rows = [ONE | change | {"person_id": change.get("person_id", f"P{n}")} for n, change in enumerate(wrong.values())]
    doubled = [ONE | {"person_id": "again"}, ONE | {"person_id": "again", "treated_on": ""}]
    path = tmp_path / "sai.csv"
    path.write_text(as_csv([*rows, *doubled]))
    told = imported(path)
    assert (told["quarantined"], told["loaded"], told["closes"]) == (len(wrong) + 1, 1, True)
    waiting = Quarantine.objects.order_by("record_no")
    assert [one.reasons[0]["code"] for one in waiting] == [*wrong, "person-round-doubled"]
    assert all(bytes(one.raw) and one.line == one.record_no + 1 and one.reasons[0]["message"] for one in waiting)


@pytest.mark.django_db(transaction=True)
def test_a_trial_run_leaves_nothing(city: City, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(as_csv([ONE]))
    assert imported(path, "--dry-run")["loaded"] == 1
    assert not ReportedRound.objects.exists()
    assert imported(path)["loaded"] == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("programme", "test", "result", "verdict"),
    [
        ("cervical", "cytology", "HSIL", "positive"),
        ("cervical", "", "nilm", "negative"),
        ("cervical", "hpv", "16-18", "positive"),
        ("breast", "mammography", "4A", "positive"),
        ("breast", "mammography", "0", "inadequate"),
        ("colorectal", "fit", "57.5", "positive"),
        ("colorectal", "", "3", "negative"),
        ("lung", "ldct", "2", "negative"),
    ],
)
def test_results_may_be_the_programmes_own_codes(
    city: City, tmp_path: Path, programme: str, test: str, result: str, verdict: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(as_csv([ONE | {"programme": programme, "test": test, "result": result, "findings": ""}]))
    assert imported(path)["loaded"] == 1
    assert ReportedRound.objects.get().verdict == verdict


@pytest.mark.django_db(transaction=True)
def test_a_file_without_the_columns_is_refused_with_their_names(city: City, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("person_id,sex\nP1,F\n")
    told = imported(path)
    assert (told["state"], told["code"]) == ("refused", "column-missing")
    assert "birth_date, programme, round" in told["message"]


@pytest.mark.django_db(transaction=True)
def test_a_city_of_rounds_may_be_larger_than_a_hospitals_file(city: City, tmp_path: Path, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 100
    path = tmp_path / "a.csv"
    path.write_text(as_csv([ONE]))
    assert imported(path)["loaded"] == 1
    settings.TABLES_MAX_BYTES = 150
    path.write_text(as_csv([ONE | {"person_id": "P2"}]))
    assert imported(path)["code"] == "file-too-large"
