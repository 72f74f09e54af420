"""The pharmacy: lots in, handed over first expired first, never below nought, returned by reversal; its pages."""

from __future__ import annotations

import re
import threading
import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from clinics.commands.pharmacy import discard_stock, dispense, receive_lot, return_medicine
from clinics.commands.signing import cancel_prescription
from clinics.models import Dispensing, Prescription, StockLot, StockMovement
from clinics.queries.pharmacy import get_counter, list_stock, list_waiting
from clinics.rules.dispensing import Shelf, first_expiring
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.models import AuditEvent
from tests.clinics.conftest import Clinic
from tests.clinics.test_prescribing import AMLODIPINE, PARACETAMOL, line, sign, visit_of
from tests.factories.city import NOW

TODAY = NOW.date()


def stock(clinic: Clinic, quantity: int, *, lot: str = "A1", days: int = 300, code: str = PARACETAMOL) -> StockLot:
    expires = TODAY + timedelta(days=days)
    return receive_lot(
        clinic.ctx("duoc.si"), code=code, lot=lot, expires_on=expires, quantity=Decimal(quantity), token=uuid.uuid4()
    )


def prescribed(clinic: Clinic, days: int = 10) -> Prescription:
    """One tablet of paracetamol a day."""
    (made,) = sign(clinic, visit_of(clinic), line(PARACETAMOL, days))
    return made


def hand_over(clinic: Clinic, made: Prescription, quantity: int, **more: Any) -> Dispensing:
    said = {"token": uuid.uuid4()} | more
    return dispense(
        clinic.ctx(said.pop("by", "duoc.si"), said.pop("at", NOW)), prescription_id=made.pk,
        amounts={one.pk: Decimal(quantity) for one in made.lines.all()}, **said,
    )  # fmt: skip


def left() -> dict[str, Decimal]:
    return dict(StockLot.objects.values_list("lot", "on_hand"))


def test_what_expires_first_goes_first_over_several_lots(clinic: Clinic) -> None:
    stock(clinic, 5, lot="late", days=400)
    stock(clinic, 4, lot="soon", days=30)
    stock(clinic, 50, lot="gone", days=0)
    StockLot.objects.filter(lot="gone").update(expires_on=TODAY - timedelta(days=1))
    before = AuditEvent.objects.count()
    done = hand_over(clinic, prescribed(clinic), 6)
    assert left() == {"late": 3, "soon": 0, "gone": 50}
    assert [(m.lot.lot, m.quantity) for m in done.movements.order_by("lot__expires_on")] == [("soon", -4), ("late", -2)]
    assert list(AuditEvent.objects.order_by("at", "id").values_list("action", flat=True))[before:][-1] == "dispense"


def test_part_now_and_the_rest_later_but_never_more(clinic: Clinic) -> None:
    stock(clinic, 100)
    made = prescribed(clinic)
    hand_over(clinic, made, 4)
    page = get_counter(clinic.ctx("duoc.si"), made.pk)
    assert [(one.prescribed, one.given, one.owed) for one in page.lines] == [(10, 4, 6)]
    assert page.open
    with pytest.raises(Refused) as refused:
        hand_over(clinic, made, 7)
    assert (refused.value.code, refused.value.field) == ("more-than-prescribed", "line-1")
    assert [one.begun for one in list_waiting(clinic.ctx("duoc.si"))] == [True]
    hand_over(clinic, made, 6)
    assert list_waiting(clinic.ctx("duoc.si")) == []
    assert left() == {"A1": 90}


@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_is_no_hand_over(clinic: Clinic, quantity: int) -> None:
    stock(clinic, 100)
    with pytest.raises(Refused):
        hand_over(clinic, prescribed(clinic), quantity)
    assert not Dispensing.objects.exists()


def test_an_empty_shelf_is_told_with_what_is_left(clinic: Clinic) -> None:
    stock(clinic, 3)
    with pytest.raises(Conflict) as refused:
        hand_over(clinic, prescribed(clinic), 5)
    assert (refused.value.code, refused.value.field) == ("stock-short", "line-1")
    assert "kho chỉ còn 3 viên" in refused.value.message
    assert left() == {"A1": 3}
    assert not Dispensing.objects.exists()


def test_the_same_form_twice_hands_over_once(clinic: Clinic) -> None:
    stock(clinic, 100)
    made, token = prescribed(clinic), uuid.uuid4()
    assert hand_over(clinic, made, 5, token=token) == hand_over(clinic, made, 5, token=token)
    assert left() == {"A1": 95}


def test_what_ended_or_is_out_of_date_is_not_handed_over(clinic: Clinic) -> None:
    stock(clinic, 100)
    made = prescribed(clinic)
    with pytest.raises(Conflict, match="prescription-expired"):
        hand_over(clinic, made, 1, at=NOW + timedelta(days=6))
    cancel_prescription(clinic.ctx("bac.si"), prescription_id=made.pk, reason="nhầm")
    with pytest.raises(Conflict, match="prescription-ended"):
        hand_over(clinic, made, 1)


def test_what_was_handed_over_cannot_be_cancelled(clinic: Clinic) -> None:
    stock(clinic, 100)
    made = prescribed(clinic)
    hand_over(clinic, made, 1)
    with pytest.raises(Conflict, match="already-dispensed"):
        cancel_prescription(clinic.ctx("bac.si"), prescription_id=made.pk, reason="nhầm")


def test_a_return_goes_back_into_its_lot_by_a_row_of_its_own(clinic: Clinic) -> None:
    stock(clinic, 10)
    made = prescribed(clinic)
    moved = hand_over(clinic, made, 8).movements.get()
    said = {"movement_id": moved.pk, "reason": "dị ứng, trả thuốc"}
    token = uuid.uuid4()
    back = return_medicine(clinic.ctx("duoc.si"), **said, quantity=Decimal(3), token=token)
    assert return_medicine(clinic.ctx("duoc.si"), **said, quantity=Decimal(3), token=token) == back
    assert (back.kind, back.reverses, left()) == ("returned", moved, {"A1": 5})
    with pytest.raises(Refused, match="quantity"):
        return_medicine(clinic.ctx("duoc.si"), **said, quantity=Decimal(6), token=uuid.uuid4())
    assert [one.owed for one in get_counter(clinic.ctx("duoc.si"), made.pk).lines] == [5]
    with pytest.raises(DatabaseError), transaction.atomic():
        StockMovement.objects.filter(pk=moved.pk).update(quantity=-1)


def test_lots_come_in_once_and_faults_are_told_at_their_fields(clinic: Clinic) -> None:
    token, ctx = uuid.uuid4(), clinic.ctx("duoc.si")
    said = {"code": PARACETAMOL, "lot": "B2", "expires_on": TODAY, "quantity": Decimal(20), "token": token}
    receive_lot(ctx, **said)
    receive_lot(ctx, **said)
    receive_lot(ctx, **{**said, "token": uuid.uuid4()})
    assert left() == {"B2": 40}
    with pytest.raises(Refused) as refused:
        receive_lot(ctx, **{**said, "lot": " ", "expires_on": TODAY - timedelta(days=1), "quantity": Decimal(0)})
    assert [one.field for one in refused.value.all] == ["lot", "expires_on", "quantity"]
    with pytest.raises(NotFound):
        receive_lot(ctx, **{**said, "code": "KHONG.CO"})


def test_what_is_thrown_away_leaves_with_a_reason(clinic: Clinic) -> None:
    lot, ctx = stock(clinic, 10), clinic.ctx("duoc.si")
    with pytest.raises(Refused, match="reason-missing"):
        discard_stock(ctx, lot_id=lot.pk, quantity=Decimal(1), reason="", token=uuid.uuid4())
    with pytest.raises(Refused, match="quantity"):
        discard_stock(ctx, lot_id=lot.pk, quantity=Decimal(11), reason="vỡ", token=uuid.uuid4())
    token = uuid.uuid4()
    for _ in range(2):
        discard_stock(ctx, lot_id=lot.pk, quantity=Decimal(10), reason="vỡ", token=token)
    assert left() == {"A1": 0}
    assert list_stock(ctx).lots == ()


def test_the_database_itself_lets_no_lot_go_below_nought(clinic: Clinic) -> None:
    lot = stock(clinic, 1)
    with pytest.raises(DatabaseError), transaction.atomic():
        StockMovement.objects.create(
            lot=lot, kind="discarded", quantity=-2, by=clinic.city.staff["duoc.si"], at=NOW, reason="vỡ"
        )


@pytest.mark.parametrize("username", ["bac.si", "y.ta", "le.tan", "thu.ngan"])
def test_only_the_pharmacist_hands_over(clinic: Clinic, username: str) -> None:
    stock(clinic, 10)
    made = prescribed(clinic)
    with pytest.raises(Forbidden):
        hand_over(clinic, made, 1, by=username)
    with pytest.raises(Forbidden):
        list_stock(clinic.ctx(username))


@pytest.mark.django_db(transaction=True)
def test_many_counters_at_once_never_give_out_more_than_there_is(live_clinic: Clinic) -> None:
    """Twelve counters ask for 5 of 30 on two lots, each for another person: six are served, six are told."""
    clinic = live_clinic
    stock(clinic, 17, lot="one", days=10)
    stock(clinic, 13, lot="two", days=20)
    waiting = [prescribed(clinic) for _ in range(12)]
    answers: list[str] = []
    start = threading.Barrier(len(waiting))

    def serve(made: Prescription) -> None:
        start.wait()
        try:
            hand_over(clinic, made, 5)
            answers.append("served")
        except Conflict as told:
            answers.append(told.code)
        except DatabaseError as error:
            answers.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=serve, args=(made,)) for made in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["served"] * 6 + ["stock-short"] * 6
    assert left() == {"one": 0, "two": 0}
    assert sum(one.quantity for one in StockMovement.objects.all()) == 0


shelves = st.lists(
    st.builds(
        lambda lot, day, on_hand: Shelf(uuid.uuid4(), lot, date(2026, 11, 1) + timedelta(days=day), Decimal(on_hand)),
        st.text("AB12", min_size=1, max_size=3),
        st.integers(0, 60),
        st.integers(0, 30),
    ),
    max_size=8,
)


@given(shelves, st.integers(0, 100))
def test_first_expiring_gives_all_it_can_and_nothing_out_of_date(lots: list[Shelf], asked: int) -> None:
    taken, missing = first_expiring(lots, Decimal(asked), TODAY)
    by_id = {one.id: one for one in lots}
    usable = sum((one.on_hand for one in lots if one.expires_on >= TODAY), Decimal(0))
    assert sum((one.quantity for one in taken), Decimal(0)) == min(usable, asked)
    assert missing == max(Decimal(0), asked - usable)
    assert all(0 < one.quantity <= by_id[one.lot].on_hand and by_id[one.lot].expires_on >= TODAY for one in taken)
    days = [by_id[one.lot].expires_on for one in taken]
    assert days == sorted(days)
    if taken:
        waiting = [
            o.expires_on for o in lots if o.on_hand and o.expires_on >= TODAY and o.id not in {t.lot for t in taken}
        ]
        assert all(day >= days[-1] for day in waiting)


# ---------- pages ----------


@pytest.fixture
def pharmacist(clinic: Clinic) -> Client:
    client = Client()
    client.force_login(clinic.city.staff["duoc.si"])
    return client


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_pharmacists_day_on_the_pages(clinic: Clinic, pharmacist: Client) -> None:
    expires = f"{timezone.localdate() + timedelta(days=200):%d/%m/%Y}"
    form = {"code": PARACETAMOL, "lot": "L7", "expires_on": expires, "quantity": "20", "token": str(uuid.uuid4())}
    assert pharmacist.post(reverse("clinics:stock"), {**form, "lot": ""}).status_code == 422
    assert pharmacist.post(reverse("clinics:stock"), form).status_code == 302
    assert "L7" in text_of(pharmacist.get(reverse("clinics:stock")))
    (made,) = sign(clinic, visit_of(clinic), line(PARACETAMOL, 10), line(AMLODIPINE, 10))
    assert made.code in text_of(pharmacist.get(reverse("clinics:pharmacy")))
    led = pharmacist.get(reverse("clinics:pharmacy"), {"ma": made.code.lower()})
    counter = reverse("clinics:counter", args=[made.pk])
    assert led["Location"] == counter
    assert "14 ký tự" in text_of(pharmacist.get(reverse("clinics:pharmacy"), {"ma": "abc"}))
    page = text_of(pharmacist.get(counter))
    assert "Paracetamol 500 mg" in page
    lines = {one.position: one for one in made.lines.all()}
    sent = {
        "token": str(uuid.uuid4()),
        "id-1": str(lines[1].pk),
        "id-2": str(lines[2].pk),
        "line-1": "10",
        "line-2": "3",
    }
    before = AuditEvent.objects.count()
    short = pharmacist.post(counter, sent)
    assert (short.status_code, "kho chỉ còn 0 viên" in text_of(short)) == (422, True)
    assert AuditEvent.objects.count() == before + 1
    assert pharmacist.post(counter, {**sent, "line-2": ""}).status_code == 302
    assert left() == {"L7": 10}
    moved = StockMovement.objects.get(kind="dispensed")
    back = {"lam": f"tra:{moved.pk}", "token": str(uuid.uuid4()), "quantity": "2", "reason": ""}
    assert "Hãy ghi lý do." in text_of(pharmacist.post(counter, back))
    assert pharmacist.post(counter, {**back, "reason": "đổi thuốc"}).status_code == 302
    assert left() == {"L7": 12}


def test_the_formulary_is_switched_from_its_page(clinic: Clinic, pharmacist: Client) -> None:
    url = reverse("clinics:formulary")
    assert "Đang dùng" in text_of(pharmacist.get(url, {"q": "paracetamol 500"}))
    assert pharmacist.post(url, {"ma": PARACETAMOL, "giu": "0"}).status_code == 302
    assert "Đã tắt" in text_of(pharmacist.get(url, {"q": "paracetamol 500"}))
