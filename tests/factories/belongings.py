"""One of everything, for the clinic `here` and for the strangers' clinic, for tests that walk every route."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from clinics.commands.appointments import book
from clinics.commands.check_in import check_in
from clinics.commands.consultation import record_diagnoses, start_consultation
from clinics.commands.drafts import save_draft
from clinics.commands.examination_templates import keep_as_template
from clinics.commands.item_results import enter_result
from clinics.commands.order_sets import save_order_set
from clinics.commands.ordering import place_order
from clinics.commands.paper_blocks import reserve_block
from clinics.commands.result_messages import receive_results
from clinics.commands.schedules import add_schedule
from clinics.commands.services import set_up_service
from clinics.commands.signing import sign_prescription
from clinics.commands.specimens import take_specimens
from clinics.models import Appointment, CriticalAlert, OrderItem, QueueTicket, ResultException, Visit
from clinics.queries.formulary import find_drugs
from clinics.rules.drafts import DraftLine, Written
from clinics.rules.prescriptions import Dosing
from clinics.rules.results import Answer
from migration.commands.batches import start_batch
from migration.commands.receiving import receive_file
from migration.commands.working import work_off
from migration.models import Quarantine
from records.commands.documents import Paper, add_document
from records.commands.history import record_history, record_relative
from records.commands.merging import merge_people
from records.commands.reports import record_report
from records.commands.requests import record_request
from records.models import MatchCandidate
from records.rules.consent import Statement
from records.rules.history_facts import Relative, Surgery
from records.rules.reports import Measure, Report
from registry.kernel import Permission
from screening.commands.calling import create_batch
from screening.commands.enrolment import enrol
from screening.commands.kits import issue_kit
from screening.commands.laboratory import open_batch, receive_barcode
from screening.commands.samples import record_sample
from screening.queries.scope import catchment_of, live_programme
from screening.rules.calling import monday_of
from tests.factories.city import City
from tests.factories.money import money_of
from tests.factories.residents import make_resident
from tests.factories.screening import kim_lien
from tests.factories.stays import stay_of
from tests.migration.files import envelope, visit, xml1
from tests.records.papers import pdf

SIGNED = Statement("self", "", "", "paper", "HS-1", text_read=True)
OWN_NAME = "Lương Bích Của Mình"
STRANGERS_NAME = "Trương Đình Người Lạ"


@dataclass
class Belongings:
    """own and strangers: what a route's parameter may name, by the parameter's name."""

    own: dict[str, Any]
    strangers: dict[str, Any]

    def value(self, parameter: str, route: str, *, own: bool) -> Any:
        """The value of a route's parameter; a route of its own kind may ask for `route/parameter`."""
        side = self.own if own else self.strangers
        return side.get(f"{route}/{parameter}", side.get(parameter))


def build_belongings(city: City) -> Belongings:
    """A resident with an open visit, an enrolment with a kit, and an import, at each of the two clinics."""
    for facility in (city.here, city.elsewhere):
        facility.unit = kim_lien()
        facility.save(update_fields=["unit"])
    return Belongings(
        own=_of(city, "", city.room, OWN_NAME, "BO-0001"),
        strangers=_of(city, ".2", city.other_room, STRANGERS_NAME, "BO-0002"),
    )


def _of(city: City, suffix: str, room: Any, name: str, kit_number: str) -> dict[str, Any]:
    facility = city.elsewhere if suffix else city.here
    resident = make_resident(facility, name)
    newcomer = make_resident(facility, name)
    checked_in = check_in(
        city.ctx(f"le.tan{suffix}"),
        patient_id=resident.pk,
        room_id=room.pk,
        reason="Đau bụng",
        payer="insurance",
        priority="none",
        care_type="01",
    )
    enrolment = enrol(city.ctx(f"sang.loc{suffix}"), patient_id=resident.pk)
    kit = issue_kit(city.ctx(f"sang.loc{suffix}"), enrolment_id=enrolment.pk, number=kit_number)
    invited = _invited(city, suffix, facility, name)
    sample_id = _sampled(city, suffix, resident)
    waiting = xml1(MA_CSKCB=facility.code, HO_TEN=name, MA_LK="LK0002", MA_LOAI_KCB="99")
    file = envelope([visit(xml1(MA_CSKCB=facility.code, HO_TEN=name)), visit(waiting)], facility=facility.code)
    received = receive_file(
        city.ctx(f"di.tru{suffix}"), profile="qd3176", file_name="ho-so.xml", blocks=[file], size=len(file)
    )
    start_batch(city.ctx(f"di.tru{suffix}"), batch_id=received.batch_id, send=False)
    work_off(received.batch_id, lambda *_: None, helping=True)
    document_id = add_document(
        city.ctx(f"bac.si{suffix}"),
        patient_id=resident.pk,
        paper=Paper("laboratory", name, date(2026, 1, 2)),
        blocks=[pdf()],
    )
    block = reserve_block(city.ctx(f"le.tan{suffix}"), room_id=room.pk, count=2, reason="Mất điện")
    booked = _booked(city, suffix, room, name)
    request_id = record_request(
        city.ctx(f"le.tan{suffix}"), patient_id=resident.pk, kind="view", wish="Xem hồ sơ", statement=SIGNED
    )
    visit_id = checked_in.visit_id
    doctor = city.ctx(f"bac.si{suffix}")
    surgery = record_history(doctor, patient_id=resident.pk, fact=Surgery("Cắt ruột thừa"))
    mother = record_relative(doctor, patient_id=resident.pk, fact=Relative("MTH", name=f"Mẹ của {name}"))
    report = record_report(doctor, patient_id=resident.pk, report=_report_of(name, doctor.at))
    candidate_id, merge_id = _pair_of(city, facility)
    ordered = _ordered(city, suffix)
    prescription = _prescription_of(city, suffix, room, make_resident(facility, name))
    return (
        money_of(city, suffix, room, visit_id, name)
        | stay_of(city, suffix, name)
        | invited
        | {
            **ordered,
            "candidate_id": candidate_id,
            "merge_id": merge_id,
            "patient_id": resident.pk,
            "record_id": resident.links.first().record_id,
            "screening:enrol/patient_id": newcomer.pk,
            "clinics:arrive/patient_id": newcomer.pk,
            "document_id": document_id,
            "report_id": report.pk,
            "visit_id": visit_id,
            "block_id": block.pk,
            "appointment_id": booked.pk,
            "schedule_id": booked.slot.schedule_id,
            "clinics:booking/patient_id": newcomer.pk,
            "encounter_id": Visit.objects.get(pk=visit_id).encounter_id,
            "slug": "khuyet-tat",
            "records:history_correct/slug": "phau-thuat",
            "records:history_correct/line_id": surgery,
            "records:relative_correct/line_id": mother,
            "ticket_id": QueueTicket.objects.get(visit_id=visit_id).pk,
            "room_code": room.code,
            "room": room.pk,
            "enrolment_id": enrolment.pk,
            "kit_id": kit.pk,
            "screening:take_sample/enrolment_id": sample_id[0],
            "screening:give_sample/enrolment_id": sample_id[0],
            "sample_id": sample_id[1],
            "laboratory_batch_id": _laboratory_batch(city, suffix, kit_number),
            "batch_id": received.batch_id,
            "row_id": Quarantine.objects.get(batch_id=received.batch_id).pk,
            "request_id": request_id,
            "prescription_id": prescription.pk,
        }
    )


def _invited(city: City, suffix: str, facility: Any, name: str) -> dict[str, Any]:
    """A batch of this week with the invitation of one person who is enrolled there."""
    ctx = city.ctx(f"sang.loc{suffix}")
    enrol(ctx, patient_id=make_resident(facility, name).pk)
    monday = monday_of(timezone.localdate(ctx.at))
    batch = create_batch(ctx, live_programme(), facility, catchment_of(facility.pk), monday, 1, {})
    routes = ("batch", "letters", "letters_sent", "phone_list", "try_again", "withdraw_batch")
    numbers: dict[str, Any] = {f"screening:{route}/batch_id": batch.pk for route in routes}
    return numbers | {"invitation_id": batch.invitations.get().pk}


def _laboratory_batch(city: City, suffix: str, kit_number: str) -> Any:
    """A batch of that clinic's laboratory with the kit in it."""
    ctx = city.ctx(f"sang.loc{suffix}")
    batch = open_batch(ctx)
    receive_barcode(ctx, batch_id=batch.pk, number=kit_number)
    return batch.pk


def _sampled(city: City, suffix: str, resident: Any) -> tuple[Any, Any]:
    """An enrolment in a programme without kits, with a biopsy that waits for its result."""
    ctx = city.ctx(f"sang.loc{suffix}")
    enrolment = enrol(ctx, patient_id=resident.pk, programme="lung", group="smoker")
    return enrolment.pk, record_sample(ctx, enrolment_id=enrolment.pk, action="work-up").pk


def _report_of(name: str, at: datetime) -> Report:
    """A report of yesterday whose text names its resident, so that a page that shows it is found out."""
    glucose = Measure("14749-6", "Glucose", Decimal("6.9"), unit="mmol/L")
    return Report("LAB", "Glucose máu lúc đói", at - timedelta(days=1), conclusion=name, measures=(glucose,))


def _booked(city: City, suffix: str, room: Any, name: str) -> Appointment:
    """A booking of tomorrow at that clinic."""
    ctx = city.ctx(f"le.tan{suffix}")
    day = timezone.localdate(ctx.at) + timedelta(days=1)
    hours = {"begins": time(8), "ends": time(9), "minutes": 15, "capacity": 2}
    schedule = add_schedule(ctx, room_id=room.pk, weekday=day.isoweekday(), **hours)
    return book(
        ctx,
        patient_id=make_resident(room.facility, name).pk,
        schedule_id=schedule.pk,
        starts_at=timezone.make_aware(datetime.combine(day, time(8))),
        reason="Khám lại",
        booked_from="desk",
    )


def _ordered(city: City, suffix: str) -> dict[str, Any]:
    """An order of that clinic with drawn specimens, a critical result, one to sign, one to begin, and a set."""
    ctx = city.ctx(f"bac.si{suffix}")
    other = check_in(
        city.ctx(f"le.tan{suffix}"),
        patient_id=make_resident(
            city.elsewhere if suffix else city.here, OWN_NAME if not suffix else STRANGERS_NAME
        ).pk,
        room_id=(city.other_room if suffix else city.room).pk,
        reason="Mệt",
        payer="insurance",
        priority="none",
        care_type="01",
    )
    start_consultation(ctx, visit_id=other.visit_id)
    # A helper who is neither the doctor nor the technician: both may then sign what was entered.
    helper = replace(
        city.ctx(f"le.tan{suffix}"),
        permissions=frozenset({Permission.SPECIMEN_TAKE, Permission.REPORT_RECORD, Permission.SERVICE_SET_UP}),
    )
    codes = {"ions": "23.0058.1487", "glucose": "23.0075.1494", "crp": "23.0228.1483"}
    placed = place_order(ctx, visit_id=other.visit_id, codes=list(codes.values()))
    take_specimens(helper, order_id=placed.pk)
    items = {name: OrderItem.objects.get(order=placed, service__code=code) for name, code in codes.items()}
    enter_result(helper, item_id=items["ions"].pk, answer=Answer({"K": "7,1"}))
    set_up_service(helper, code=codes["crp"], offered=True, second_check=True)
    enter_result(helper, item_id=items["crp"].pk, answer=Answer({"CRP": "12"}))
    waiting = place_order(ctx, visit_id=other.visit_id, codes=["18.0119.0028", "23.0051.1494"])
    sent = receive_results(
        helper, content=b"MSH|^~\\&|XN-1000|LAB|||20261123||ORU^R01|1|P|2.5\rOBR|1|9|9\rOBX|1|NM|K||4\r"
    )
    chest = OrderItem.objects.get(order=waiting, service__code="18.0119.0028")
    return {
        "order_id": placed.pk,
        "clinics:take/order_id": waiting.pk,
        "clinics:await_results/visit_id": other.visit_id,
        "item_id": items["glucose"].pk,
        "clinics:begin/item_id": chest.pk,
        "clinics:verify/item_id": items["crp"].pk,
        "clinics:send_back/item_id": items["crp"].pk,
        "specimen_id": items["glucose"].specimen_id,
        "alert_id": CriticalAlert.objects.get(item=items["ions"]).pk,
        "reason": "lý do",
        "message_id": sent[0].message_id,
        "exception_id": ResultException.objects.get(message=sent[0].message_id).pk,
        "note": "đã gọi máy",
        "action": "đã báo bác sĩ trực",
        "set_id": save_order_set(ctx, name="Bộ thử", codes=list(codes.values())).pk,
        "code": codes["ions"],
        "template_id": keep_as_template(ctx, visit_id=other.visit_id, name="Mẫu thử").pk,
        "clinics:template_keep/visit_id": other.visit_id,
        "ten-mau": "Mẫu khác",
    }


def _prescription_of(city: City, suffix: str, room: Any, resident: Any) -> Any:
    """A signed prescription of somebody else than the person with the open visit."""
    doctor = city.ctx(f"bac.si{suffix}")
    said = {"reason": "Sốt", "payer": "self-pay", "priority": "none", "care_type": "01"}
    visit_id = check_in(city.ctx(f"le.tan{suffix}"), patient_id=resident.pk, room_id=room.pk, **said).visit_id
    start_consultation(doctor, visit_id=visit_id)
    record_diagnoses(doctor, visit_id=visit_id, main="J02.9")
    one, none = Decimal(1), Decimal(0)
    drug = find_drugs(doctor, "paracetamol 500")[0]
    written = Written((DraftLine(drug.code, Dosing(one, none, none, none, 3)),))
    sheet = save_draft(doctor, visit_id=visit_id, version=0, written=written)
    assert sheet.draft_id
    return sign_prescription(
        doctor, visit_id=visit_id, draft_id=sheet.draft_id, version=sheet.version, written=written
    )[0]


def _pair_of(city: City, facility: Any) -> tuple[Any, Any]:
    """Two records that wait for a judgement, and two that were merged: all of the city's, seen by the authority alone."""
    ctx = city.ctx("so.y.te")
    one, two, three, four = (make_resident(facility, f"Nghi Thị Trùng {word}") for word in ("Một", "Hai", "Ba", "Bốn"))
    first, second = sorted((one.pk, two.pk))
    pair = MatchCandidate.objects.create(
        first_id=first, second_id=second, bits=20, verdict="possible", found_by="sweep", found_at=ctx.at
    )
    return pair.pk, merge_people(ctx, keep=three.pk, other=four.pk, reason="một người, hai mã").merge_id
