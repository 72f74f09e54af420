"""Taking a batch back: what is left equals what the other batches alone would have made, but for ledger and audit."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection

from migration.commands.batches import start_batch
from migration.commands.chunks import claim_next, run_claimed
from migration.commands.removal import clinical
from migration.commands.reversing import reverse
from migration.models import ImportBatch, Reversal
from migration.queries.reconciliation import count_batch
from records.models import Encounter, Patient, RecordLink, SourceRecord
from registry.kernel import Conflict, NotFound, Refused
from tests.migration import files
from tests.migration.test_pipeline import counts, run, send

REASON = "tệp gửi nhầm của cơ sở khác"


@pytest.fixture
def ctx(city: Any) -> Any:
    return city.ctx("di.tru")


def snapshot() -> dict[str, list[Any]]:
    """Every row of the record in words that do not depend on keys made on the way: people by what they say and hold."""
    told: dict[str, list[Any]] = {
        "people": sorted(
            [str(value) for value in row]
            for row in Patient.objects.values_list(
                "name", "birth_date", "birth_precision", "sex", "phone", "address", "ward_code", "merged_into"
            )
        ),
        "statements": sorted(
            [str(value) for value in row]
            for row in SourceRecord.objects.values_list(
                "key", "system", "content_hash", "channel", "raw", "link__patient__name", "link__patient__birth_date"
            )
        ),
    }
    for table in (*clinical(), "records_patientidentifier", "records_accessgrant", "records_matchcandidate"):
        told[table] = _rows(table)
    told["screening_reportedround"] = _rows("screening_reportedround")
    return {name: rows for name, rows in told.items() if rows}


# Keys, and the hour at which something was written down here, differ between any two runs.
_PASSING = {
    "id", "source_record_id", "patient_id", "batch_id", "granted_at", "found_at", "first_id", "second_id",
    "encounter_id", "report_id", "request_id", "superseded_by_id", "related_record_id", "related_patient_id",
}  # fmt: skip


def _rows(table: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
        columns = sorted(row[0] for row in cursor.fetchall())
        named = [f'"{one}"::text' for one in columns if one not in _PASSING]
        named += [f'("{one}" IS NULL)::text' for one in columns if one == "superseded_by_id"]
        if "source_record_id" in columns:  # whose row it is, in words
            named.append("(SELECT key || content_hash FROM records_sourcerecord s WHERE s.id = t.source_record_id)")
        cursor.execute(f'SELECT {", ".join(named)} FROM "{table}" t')
        return sorted([str(value) for value in row] for row in cursor.fetchall())


def visits(generator: random.Random, no: int, people: int) -> bytes:
    """A file of visits that shares people, whole visits and corrections with its fellows."""
    told = []
    for _ in range(12):
        number = generator.randrange(people)
        visit = generator.randrange(3)
        content = {"MA_LK": f"LK{number}-{visit}", "LY_DO_VV": generator.choice(("Ho", "Ho", "Sốt"))}
        told.append(files.visit(files.visit_no(number, **content)))
    told.append(files.visit(files.visit_no(1000 + no)))
    unique = list(dict.fromkeys(told))
    return files.envelope(unique)


def interleaved(ctx: Any, contents: Sequence[bytes]) -> list[ImportBatch]:
    """All batches are started, then their chunks are done in turns."""
    batches = [send(ctx, content).batch_id for content in contents]
    for batch_id in batches:
        start_batch(ctx, batch_id=batch_id, send=False)
    left = list(batches)
    while left:
        for batch_id in list(left):
            claim = claim_next(batch_id)
            if claim is None:
                left.remove(batch_id)
            else:
                assert run_claimed(claim)
    return [ImportBatch.objects.get(pk=one) for one in batches]


def test_a_batch_alone_leaves_nothing_behind(ctx: Any) -> None:
    empty = snapshot()
    batch = run(ctx, files.envelope([files.visit(files.visit_no(n)) for n in range(30)]))
    done = reverse(ctx, batch.pk, REASON)

    assert snapshot() == empty
    assert (done.people, done.removed["records_encounter"], done.stayed) == (30, 30, {})
    assert ImportBatch.objects.get(pk=batch.pk).state == "reversed"
    assert Reversal.objects.get().reason == REASON
    assert count_batch(batch.pk).loaded == 30  # the ledger says what had been loaded


def test_the_file_of_a_reversed_batch_may_be_sent_again(ctx: Any) -> None:
    content = files.envelope([files.visit(files.visit_no(n)) for n in range(5)])
    first = run(ctx, content)
    before = snapshot()
    reverse(ctx, first.pk, REASON)
    again = run(ctx, content)
    assert (again.pk != first.pk, counts(again)) == (True, (5, 5, 0, 0, 0))
    assert snapshot() == before


def test_a_later_batch_keeps_what_it_says_too_and_its_person(ctx: Any) -> None:
    shared = [files.visit(files.visit_no(n)) for n in range(4)]
    own = [
        files.visit(files.visit_no(n, MA_LK=f"LK9{n}", NGAY_VAO="202410030815", NGAY_RA="202410031030")) for n in (0, 1)
    ]
    first = run(ctx, files.envelope(shared))
    later = run(ctx, files.envelope([*shared[:2], *own]))
    people = dict(Patient.objects.values_list("name", "id"))
    assert counts(later) == (4, 0, 2, 2, 0)

    done = reverse(ctx, first.pk, REASON)

    assert (done.people, done.passed_on) == (2, 2)
    assert dict(Patient.objects.values_list("name", "id")).items() <= people.items()
    assert set(Encounter.objects.values_list("batch_id", flat=True)) == {later.pk}
    assert set(SourceRecord.objects.values_list("batch_id", flat=True)) == {later.pk}
    assert counts(later) == (4, 0, 4, 0, 0)
    assert Encounter.objects.count() == 4


def test_a_correction_is_taken_back_with_its_batch(ctx: Any) -> None:
    run(ctx, files.envelope([files.visit(files.xml1())]))
    before = snapshot()
    fixing = run(ctx, files.envelope([files.visit(files.xml1(MA_BENH_CHINH="J18.9", LY_DO_VV="Khó thở"))]))
    assert snapshot() != before
    reverse(ctx, fixing.pk, REASON)
    assert snapshot() == before


def test_a_list_of_people_taken_back_leaves_the_visits_of_the_same_people(ctx: Any) -> None:
    listed = run(
        ctx,
        files.patients([files.patient_no(n, DIEN_THOAI="0999000111") for n in range(1, 21)], encode="utf-8"),
        "csv-auto",
    )
    run(ctx, files.envelope([files.visit(files.visit_no(n)) for n in range(1, 11)]))
    done = reverse(ctx, listed.pk, REASON)
    assert (done.people, Patient.objects.count(), RecordLink.objects.count()) == (10, 10, 10)
    assert set(Patient.objects.values_list("phone", flat=True)) == {f"09{n:08d}" for n in range(1, 11)}


def test_only_its_hospital_and_the_department_take_a_batch_back(city: Any, ctx: Any) -> None:
    batch = run(ctx, files.envelope([files.visit(files.xml1())]))
    with pytest.raises(NotFound):
        reverse(city.ctx("di.tru.2"), batch.pk, REASON)
    with pytest.raises(Refused, match="reason-missing"):
        reverse(ctx, batch.pk, " ")
    reverse(ctx, batch.pk, REASON)
    with pytest.raises(Conflict):
        reverse(ctx, batch.pk, REASON)


def alone(ctx: Any, contents: Sequence[bytes]) -> dict[str, list[Any]]:
    interleaved(ctx, contents)
    return snapshot()


def compare(city: Any, contents: Sequence[bytes], gone: int) -> None:
    """Reverse one of them, and compare with the others alone at a second hospital's own, empty record."""
    from django.db import transaction

    ctx = city.ctx("di.tru")
    with transaction.atomic():
        expected = alone(ctx, [content for no, content in enumerate(contents) if no != gone])
        transaction.set_rollback(True)
    batches = interleaved(ctx, contents)
    reverse(ctx, batches[gone].pk, REASON)
    found = snapshot()
    assert found.keys() == expected.keys()
    for table, rows in expected.items():
        assert found[table] == rows, table
    for no, batch in enumerate(batches):
        if no != gone:
            assert count_batch(batch.pk).closes


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_one_of_three_interleaved_batches_taken_back_leaves_the_two_others(city: Any, gone: int) -> None:
    generator = random.Random(gone)
    compare(city, [visits(generator, no, 8) for no in range(3)], gone)


@pytest.mark.long
@pytest.mark.parametrize("gone", range(10))
def test_one_of_ten_interleaved_batches_taken_back_leaves_the_nine_others(city: Any, gone: int) -> None:
    generator = random.Random(100 + gone)
    compare(city, [visits(generator, no, 20) for no in range(10)], gone)
