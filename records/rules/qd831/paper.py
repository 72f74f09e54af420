"""QĐ 831's form on paper: the form's fields in the words and the order of the printed book.

Always Vietnamese: it is an official form. A fact without a value leaves a line to write on; a table without rows says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from records.rules.examination import SYSTEMS
from records.rules.history import ALLERGIES, DISABILITIES, DISEASES, RISKS
from records.rules.qd831.examination import FIELD_OF_SYSTEM, READINGS
from records.rules.qd831.form import (
    Ailments,
    Birth,
    Disability,
    Dose,
    Examination,
    General,
    HealthRecord,
    Reproduction,
    RiskFactor,
    Risks,
)
from records.rules.vitals import VITALS

Facts = tuple[tuple[str, str], ...]
FEMALE = "2"
SEXES = {"1": "Nam", FEMALE: "Nữ", "3": "Chưa xác định"}
YES_NO = {"0": "Không", "1": "Có"}
DELIVERY = {"0": "Đẻ thường", "1": "Đẻ mổ"}
RISK_STATE = {"0": "Không", "1": "Có", "2": "Thường xuyên"}
DOSE_STATE = {"0": "Chưa tiêm", "1": "Đã tiêm"}
_ALLERGY = {one.code: one.label for one in ALLERGIES.values()}
_DISABILITY = {one.code: one.label for one in DISABILITIES.values()}
_DISEASE = {str(code): label for code, label in DISEASES.items()}
_RISK = {one.code: one for one in RISKS.values() if one.code}
_NOT_NOTED = "Chưa ghi nhận."

# A pressure is written as one value of two, the index is counted, not measured: both beside what is measured.
_MEASURED = tuple(VITALS[key] for key in READINGS if key not in {"systolic", "diastolic"})
_EYES = (("right_eye", "Mắt phải"), ("left_eye", "Mắt trái"))
_SYSTEMS = tuple((FIELD_OF_SYSTEM[key], line.name) for key, line in SYSTEMS.items())


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; widths are shares of the page."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    none: str = _NOT_NOTED


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of the form with what stands under it."""

    title: str
    facts: Facts = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    columns: int = 2


def sections(record: HealthRecord) -> tuple[Section, ...]:
    """The whole form; reproductive health only where the person is not male."""
    history, general = record.history, record.general
    part_two = [_birth(history.birth), _risks(history.risks), _own(history.own, history.disabilities.items)]
    part_two += [_family(history.family), _surgery(history.surgery)]
    if general.sex != "1":
        part_two.append(_reproduction(history.reproduction))
    part_two.append(Section("8. Vấn đề khác", notes=(history.other or _NOT_NOTED,)))
    doses = record.vaccination.doses
    return (
        _general(general),
        *part_two,
        _vaccination(doses, record.vaccination.mother_tetanus_doses),
        *(_examination(one) for one in record.examinations),
    )


def _general(one: General) -> Section:
    blood = " ".join(filter(None, (one.blood_abo, f"Rh{one.blood_rh}" if one.blood_rh else "")))
    facts: Facts = (
        ("Họ và tên", one.name.upper()),
        ("Giới tính", SEXES.get(one.sex, "")),
        ("Ngày sinh", one.birth),
        ("Nhóm máu", blood),
        ("Số định danh cá nhân (CCCD)", one.health_id or one.national_id),
        ("Ngày cấp, nơi cấp", ", ".join(filter(None, (one.issued_on, one.issued_by)))),
        ("Thẻ BHYT", one.insurance_card),
        ("Mã số BHXH", one.social_insurance),
        ("Mã hộ gia đình", one.household_number),
        ("Quan hệ với chủ hộ", one.relation_to_head),
        ("Tỉnh khai sinh", one.birth_province),
        ("Dân tộc", one.ethnicity),
        ("Quốc tịch", one.nationality),
        ("Tôn giáo", one.religion),
        ("Nghề nghiệp", one.occupation),
        ("Điện thoại", ", ".join(filter(None, (one.mobile, one.landline)))),
        ("Hộ khẩu thường trú", _place(one.permanent_hamlet, one.permanent_address)),
        ("Nơi ở hiện tại", _place(one.current_hamlet, one.current_address)),
        ("Thư điện tử", one.email),
    )
    relatives = Table(
        "Quan hệ gia đình",
        ("Quan hệ", "Họ và tên", "Điện thoại", "Giám hộ"),
        tuple((r.relation, r.name, r.mobile or r.landline, YES_NO.get(r.guardian, "")) for r in one.relatives),
        (2, 4, 2, 1),
    )
    return Section("A. PHẦN THÔNG TIN HÀNH CHÍNH", facts, (relatives,))


def _birth(one: Birth) -> Section:
    facts: Facts = (
        ("Cách đẻ", DELIVERY.get(one.delivery, one.delivery)),
        ("Đẻ thiếu tháng", YES_NO.get(one.preterm, one.preterm)),
        ("Bị ngạt lúc đẻ", YES_NO.get(one.asphyxia, one.asphyxia)),
        ("Cân nặng lúc đẻ (g)", one.weight),
        ("Chiều dài lúc đẻ (cm)", one.length),
        ("Dị tật bẩm sinh", one.malformation),
        ("Vấn đề khác", one.other),
    )
    return Section("B. TIỀN SỬ VÀ CÁC YẾU TỐ LIÊN QUAN SỨC KHOẺ · 1. Tình trạng lúc sinh", facts)


def _risks(one: Risks) -> Section:
    table = Table(
        "", ("Yếu tố", "Mức độ", "Lượng", "Đã bỏ"), tuple(_risk(factor) for factor in one.factors), (4, 2, 2, 1)
    )
    facts: Facts = (
        ("Tiếp xúc nghề nghiệp, môi trường", one.exposure),
        ("Thời gian tiếp xúc", one.exposure_time),
        ("Loại hố xí của gia đình", one.latrine),
        ("Nguy cơ khác", one.other),
    )
    return Section("2. Yếu tố nguy cơ đối với sức khoẻ", facts, (table,))


def _risk(one: RiskFactor) -> tuple[str, ...]:
    kind = _RISK.get(one.kind)
    name = one.name or (kind.label if kind else "")
    amount = " ".join(filter(None, (one.amount, kind.unit if kind and one.amount else "")))
    return name, RISK_STATE.get(one.state, one.state), amount, YES_NO.get(one.quit, one.quit)


def _own(one: Ailments, disabilities: tuple[Disability, ...]) -> Section:
    disabled = Table(
        "Khuyết tật",
        ("Loại", "Mô tả"),
        tuple((d.name or _DISABILITY.get(d.kind, ""), d.description) for d in disabilities),
        (1, 3),
    )
    return Section("3. Tiền sử bệnh tật, dị ứng · 4. Khuyết tật", tables=(*_ailments(one), disabled))


def _family(one: Ailments) -> Section:
    return Section("5. Tiền sử gia đình", tables=_ailments(one, of_family=True))


def _ailments(one: Ailments, *, of_family: bool = False) -> tuple[Table, Table]:
    who = ("Người mắc",) if of_family else ()
    allergies = tuple(
        (_ALLERGY.get(a.kind, ""), a.name, a.description, *((a.who,) if of_family else ())) for a in one.allergies
    )
    diseases = tuple(
        (_DISEASE.get(d.kind, ""), d.name, d.description or d.state, *((d.who,) if of_family else ()))
        for d in one.diseases
    )
    widths = (2, 3, 4, 2) if of_family else (2, 3, 4)
    return (
        Table("Dị ứng", ("Loại", "Chất gây dị ứng", "Mô tả", *who), allergies, widths),
        Table("Bệnh tật", ("Nhóm", "Tên bệnh", "Mô tả", *who), diseases, widths),
    )


def _surgery(text: str) -> Section:
    return Section("6. Tiền sử phẫu thuật", notes=(text or _NOT_NOTED,))


def _reproduction(one: Reproduction) -> Section:
    facts: Facts = (
        ("Biện pháp tránh thai", one.contraception),
        ("Kỳ có thai cuối cùng", one.last_pregnancy),
        ("Số lần có thai", one.pregnancies),
        ("Số lần sảy thai", one.miscarriages),
        ("Số lần phá thai", one.abortions),
        ("Số lần sinh đẻ", one.births),
        ("Đẻ thường", one.vaginal_births),
        ("Đẻ mổ", one.caesarean_births),
        ("Đẻ khó", one.difficult_births),
        ("Đẻ đủ tháng", one.term_births),
        ("Đẻ non", one.preterm_births),
        ("Số con hiện sống", one.living_children),
        ("Bệnh phụ khoa", one.gynaecological_disease),
    )
    return Section("7. Sức khoẻ sinh sản và kế hoạch hoá gia đình", facts)


def _vaccination(doses: tuple[Dose, ...], mother: str) -> Section:
    table = Table(
        "",
        ("Vắc xin", "Trạng thái", "Ngày tiêm", "Phản ứng sau tiêm", "Ngày hẹn"),
        tuple((d.vaccine, DOSE_STATE.get(d.state, d.state), d.given_on, d.reaction, d.due_on) for d in doses),
        (4, 2, 2, 3, 2),
    )
    return Section("C. TIÊM CHỦNG", (("Số mũi uốn ván mẹ đã tiêm", mother),), (table,))


def _examination(one: Examination) -> Section:
    vitals = [
        (str(vital.display), f"{getattr(one, vital.key)} {vital.unit}")
        for vital in _MEASURED
        if getattr(one, vital.key)
    ]
    if one.bmi:
        vitals.append(("BMI", f"{one.bmi} kg/m²"))
    vitals += [(label, getattr(one, key)) for key, label in _EYES if getattr(one, key)]
    if one.systolic or one.diastolic:
        vitals.append(("Huyết áp", f"{one.systolic}/{one.diastolic} mmHg"))
    facts: Facts = (
        ("Ngày khám", one.examined_on),
        ("Bác sĩ khám", one.doctor),
        ("Lý do khám", one.reason),
        ("Bệnh sử", one.course),
        *vitals,
        *((label, getattr(one, key)) for key, label in _SYSTEMS if getattr(one, key)),
    )
    services = tuple((s.name, s.result) for s in one.services)
    diagnoses = tuple((d.code, d.name, d.conclusion) for d in one.diagnoses)
    return Section(
        f"D. KHÁM LÂM SÀNG VÀ CẬN LÂM SÀNG · {one.examined_on}",
        facts,
        (
            Table("Cận lâm sàng", ("Dịch vụ", "Kết quả"), services, (2, 3), "Không có."),
            Table("Chẩn đoán", ("ICD-10", "Bệnh", "Kết luận"), diagnoses, (1, 4, 3), "Chưa có chẩn đoán."),
        ),
        (f"Tư vấn: {one.advice}",) if one.advice else (),
    )


def _place(hamlet: str, address: str) -> str:
    return ", ".join(filter(None, (hamlet, address)))
