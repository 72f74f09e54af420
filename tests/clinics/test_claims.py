"""Insurance files of real visits: every rule holds, what is read back is the visit, money adds up, nothing sent is lost."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import resolve

from clinics.commands.charging import reverse_charge
from clinics.commands.claims import (
    add_to_claim,
    export_claim,
    export_claims,
    prepare_claim,
    prepare_period,
    set_insurance_profile,
)
from clinics.commands.coverage import CardStated
from clinics.models import Charge, ClaimExport, ClaimFile, ClaimSupplement, Payment, Visit
from clinics.queries.bills import read_bill
from clinics.queries.claims import find_claims, get_claim, get_claim_file, get_export
from clinics.rules.charges.money import cash
from clinics.rules.claims.checker import check_dossier
from clinics.rules.claims.findings import Place
from clinics.web.claims import mending
from registry.kernel import Conflict, Forbidden, NotFound, Permission, Refused
from registry.models import AuditEvent
from registry.rules.qd3176.documents import read_envelope
from tests.clinics.claim_days import make_visit, ready
from tests.clinics.conftest import Clinic
from tests.factories.city import NOW
from tests.factories.dossiers import knowledge, make_dossier
from tests.factories.mistakes import mistakes

DAY = NOW.date()


@pytest.fixture
def day(clinic: Clinic) -> Clinic:
    """A clinic whose files can be right."""
    ready(clinic)
    return clinic


def errors(claim: ClaimFile) -> list[tuple[str, str, str]]:
    return [(one["rule"], one["table"], one["field"]) for one in claim.findings if not one["doubt"]]


def judge(clinic: Clinic, visits: Sequence[Visit]) -> None:
    """Every file of these visits is right, reads back as itself, and its money is the bill's."""
    cashier = clinic.ctx("thu.ngan")
    for visit in visits:
        claim = prepare_claim(cashier, visit_id=visit.pk)
        assert errors(claim) == []
        _, content = get_claim_file(cashier, claim.pk)
        [told] = read_envelope(content).dossiers
        assert told == claim.tables
        agrees(visit, told)


def agrees(visit: Visit, told: Any) -> None:
    """The file against the visit: who, when, what, how much."""
    summary, bill = told["XML1"][0], read_bill(visit)
    patient = visit.encounter.patient
    assert (summary["MA_LK"], summary["HO_TEN"]) == (visit.encounter_id.hex, patient.name)
    assert summary["LY_DO_VV"] == visit.encounter.reason
    lines = [*told.get("XML2", []), *told.get("XML3", [])]
    assert len(lines) == len(bill.lines)
    sums = {
        "T_TONGCHI_BV": bill.sums.total, "T_TONGCHI_BH": bill.sums.insured, "T_BHTT": bill.sums.fund,
        "T_BNCCT": bill.sums.copay, "T_BNTT": bill.sums.own, "T_NGUONKHAC": bill.sums.other,
    }  # fmt: skip
    assert {name: Decimal(summary[name]) for name in sums} == sums
    paid = sum(Payment.objects.filter(visit=visit).values_list("amount", flat=True))
    assert paid == cash(Decimal(summary["T_BNCCT"]) + Decimal(summary["T_BNTT"]))
    codes = {row.code for row in visit.encounter.conditions.filter(superseded_by=None)}
    assert {summary["MA_BENH_CHINH"], *filter(None, summary["MA_BENH_KT"].split(";"))} == codes


def test_generated_visits_give_right_files(day: Clinic) -> None:
    judge(day, [make_visit(day, Random(seed)) for seed in range(12)])


def test_stays_give_right_files_with_their_papers(day: Clinic) -> None:
    visits = [make_visit(day, Random(seed), in_bed=True) for seed in range(8)]
    judge(day, visits)
    told = [prepare_claim(day.ctx("thu.ngan"), visit_id=visit.pk).tables for visit in visits]
    for visit, tables in zip(visits, told, strict=True):
        summary, [paper], ending = tables["XML1"][0], tables["XML7"], visit.stay.ending
        assert (summary["MA_LOAI_KCB"], summary["MA_KHOA"]) == ("03", "K03")
        assert summary["LY_DO_VNT"] == "Cần theo dõi & tiêm"
        assert int(summary["SO_NGAY_DTRI"]) == len({row["THOI_DIEM_DBLS"][:8] for row in tables["XML5"]})
        assert paper["SO_NGAY_NGHI"] == (str(ending.leave_days) if ending.leave_days else "")
        assert [row["TINH_TRANG_CT"] for row in tables.get("XML13", [])] == (
            [ending.condition] if ending.referred_to else []
        )
    assert {"XML13" in tables for tables in told} == {True, False}


def test_every_seeded_mistake_leads_to_the_page_where_it_is_mended() -> None:
    """By kind and place: each finding has an address of ours, and the right it takes to open it."""
    visit, patient, ways = uuid.uuid4(), uuid.uuid4(), Counter[str]()
    dossier, known = make_dossier(3, stay=True), knowledge()
    for mistake in mistakes(dossier):
        for one in check_dossier(mistake.made_in(dossier), known):
            if (one.table, one.row, one.field) == (mistake.table, mistake.row, mistake.field):
                address, right = mending(visit, patient, one)
                assert resolve(address.partition("#")[0]).view_name
                assert right in Permission
                ways[one.place] += 1
    assert ways.total() >= 200
    assert set(ways) == {place.value for place in Place}
    print(f"{ways.total()} findings lead to {dict(ways)}")


@pytest.mark.long
def test_a_thousand_generated_visits_give_right_files(day: Clinic) -> None:
    judge(day, [make_visit(day, Random(seed), in_bed=seed % 10 == 0) for seed in range(1_000)])


def test_what_is_missing_is_told_with_the_place_to_mend_it(day: Clinic) -> None:
    card = CardStated("1.1", "0123456789", "4", "01929", date(2026, 1, 1), date(2026, 12, 31))
    visit = make_visit(day, Random(1), payer="insurance", card=card, complete=False)
    claim = prepare_claim(day.ctx("thu.ngan"), visit_id=visit.pk)
    found = {(one["field"], one["place"]) for one in claim.findings if not one["doubt"]}
    assert {("MA_DANTOC", "details"), ("MA_DOITUONG_KCB", "coverage")} <= found
    assert "MA_QUOCTICH" not in dict(found)  # who holds a CCCD is a citizen
    page = get_claim(day.ctx("thu.ngan"), visit.pk)
    assert {one.field for one in page.findings} >= {"MA_DANTOC"}
    with pytest.raises(Refused) as refused:
        export_claim(day.ctx("thu.ngan"), visit_id=visit.pk)
    assert refused.value.code == "claim-wrong"


def test_nothing_changed_is_no_new_version_and_a_change_after_sending_is(day: Clinic) -> None:
    cashier = day.ctx("thu.ngan")
    visit = make_visit(day, Random(3), payer="self-pay")
    first = prepare_claim(cashier, visit_id=visit.pk)
    assert prepare_claim(cashier, visit_id=visit.pk).pk == first.pk
    sent = export_claim(cashier, visit_id=visit.pk)
    with pytest.raises(Conflict):
        export_claim(cashier, visit_id=visit.pk)
    line = Charge.objects.filter(visit=visit, reverses=None).earliest("at")
    reverse_charge(cashier, charge_id=line.pk, reason="Tính nhầm")
    second = prepare_claim(cashier, visit_id=visit.pk)
    assert (second.version, second.fingerprint != first.fingerprint) == (2, True)
    _, content = get_export(cashier, sent.pk)
    assert read_envelope(content).dossiers == (first.tables,)
    assert hashlib.sha256(content).hexdigest() == sent.sha256
    page = get_claim(cashier, visit.pk)
    assert ([one.version for one in page.versions], page.is_sent, len(page.sent)) == ([2, 1], False, 1)
    with pytest.raises(DatabaseError), transaction.atomic():
        ClaimFile.objects.update(errors=0)


def test_a_period_is_prepared_and_sent_as_one_file(day: Clinic) -> None:
    cashier = day.ctx("thu.ngan")
    right = [make_visit(day, Random(seed)) for seed in range(4)]
    wrong = make_visit(day, Random(9), complete=False)
    listed = find_claims(cashier, first=DAY, last=DAY)
    assert (listed.visits, listed.missing, len(listed.rows)) == (5, 5, 5)
    done = prepare_period(cashier, first=DAY, last=DAY)
    assert (done.made, done.with_errors, done.more) == (5, 1, False)
    assert prepare_period(cashier, first=DAY, last=DAY).unchanged == 5
    export = export_claims(cashier, first=DAY, last=DAY)
    assert export.count == 4
    _, content = get_export(cashier, export.pk)
    told = read_envelope(content)
    assert {one["XML1"][0]["MA_LK"] for one in told.dossiers} == {visit.encounter_id.hex for visit in right}
    with pytest.raises(Refused) as refused:
        export_claims(cashier, first=DAY, last=DAY)
    assert refused.value.code == "nothing-to-send"
    listed = find_claims(cashier, first=DAY, last=DAY, only="wrong")
    assert (listed.sent, listed.wrong, listed.ready, listed.missing) == (4, 1, 0, 0)
    assert [row.visit_id for row in listed.rows] == [wrong.pk]
    assert ("XML1", "MA_DANTOC", "Dân tộc", 1) in listed.by_rule
    assert [row.sent for row in find_claims(cashier, first=DAY, last=DAY, only="sent").rows] == [True] * 4


def test_what_no_page_holds_is_typed_and_makes_a_new_version(day: Clinic) -> None:
    cashier = day.ctx("thu.ngan")
    visit = make_visit(day, Random(5))
    prepare_claim(cashier, visit_id=visit.pk)
    appointed = f"{DAY + timedelta(days=14):%Y%m%d}0800"
    claim = add_to_claim(
        cashier, visit_id=visit.pk, table="XML14", values={"SO_GIAYHEN_KL": "12", "NGAY_HEN_KL": appointed}
    )
    assert (claim.version, claim.tables["XML14"][0]["NGAY_HEN_KL"], errors(claim)) == (2, appointed, [])
    early = add_to_claim(
        cashier, visit_id=visit.pk, table="XML14", values={"SO_GIAYHEN_KL": "12", "NGAY_HEN_KL": "202601010800"}
    )
    assert ("order", "XML14", "NGAY_HEN_KL") in errors(early)
    assert ClaimSupplement.objects.count() == 2


@pytest.mark.parametrize(
    ("table", "values", "field"),
    [("XML2", {"MA_THUOC": "1"}, "table"), ("XML1", {"T_BHTT": "1"}, "T_BHTT"), ("XML14", {"HO_TEN": "x"}, "HO_TEN")],
)
def test_what_has_its_own_page_is_not_typed(day: Clinic, table: str, values: Any, field: str) -> None:
    visit = make_visit(day, Random(5))
    with pytest.raises(Refused) as refused:
        add_to_claim(day.ctx("thu.ngan"), visit_id=visit.pk, table=table, values=values)
    assert refused.value.field == field


def test_an_open_visit_has_no_file_yet(day: Clinic) -> None:
    visit_id = day.check_in().visit_id
    for attempt in (
        lambda: prepare_claim(day.ctx("thu.ngan"), visit_id=visit_id),
        lambda: add_to_claim(day.ctx("thu.ngan"), visit_id=visit_id, table="XML14", values={}),
        lambda: export_claim(day.ctx("thu.ngan"), visit_id=visit_id),
    ):
        with pytest.raises(Conflict):
            attempt()


@pytest.mark.parametrize(("first", "last"), [(DAY, DAY - timedelta(days=1)), (DAY - timedelta(days=31), DAY)])
def test_a_wrong_period_is_refused(day: Clinic, first: date, last: date) -> None:
    for run in (prepare_period, export_claims):
        with pytest.raises(Refused) as refused:
            run(day.ctx("thu.ngan"), first=first, last=last)
        assert refused.value.field == "last"


def test_a_head_of_unit_is_named(day: Clinic) -> None:
    with pytest.raises(Refused) as refused:
        set_insurance_profile(day.ctx("thu.ngan"), head_code=" ")
    assert refused.value.field == "head_code"


@pytest.mark.parametrize("username", ["bac.si", "le.tan", "y.ta", "so.y.te"])
def test_only_the_insurance_desk_makes_files(day: Clinic, username: str) -> None:
    visit = make_visit(day, Random(2))
    with pytest.raises(Forbidden):
        prepare_claim(day.ctx(username), visit_id=visit.pk)
    with pytest.raises(Forbidden):
        find_claims(day.ctx(username), first=DAY, last=DAY)


def test_another_facilitys_files_do_not_exist(day: Clinic) -> None:
    visit = make_visit(day, Random(3), payer="self-pay")
    claim = prepare_claim(day.ctx("thu.ngan"), visit_id=visit.pk)
    export = export_claim(day.ctx("thu.ngan"), visit_id=visit.pk)
    stranger = day.ctx("thu.ngan.2")
    assert find_claims(stranger, first=DAY, last=DAY).visits == 0
    for attempt in (
        lambda: get_claim(stranger, visit.pk),
        lambda: prepare_claim(stranger, visit_id=visit.pk),
        lambda: get_claim_file(stranger, claim.pk),
        lambda: get_export(stranger, export.pk),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert ClaimExport.objects.count() == 1


def test_one_audit_row_names_the_person_and_nobody_by_name(day: Clinic) -> None:
    visit = make_visit(day, Random(4))
    before = AuditEvent.objects.count()
    prepare_claim(day.ctx("thu.ngan"), visit_id=visit.pk)
    rows = list(AuditEvent.objects.order_by("at", "id"))[before:]
    assert [(row.action, row.patient_id) for row in rows] == [("prepare-claim", visit.encounter.patient_id)]
    assert visit.encounter.patient.name not in str([row.detail for row in rows])
