"""QĐ 831's form as provincial platforms exchange it: every tag has one field here, in the order tags are written.

A field's metadata says where it stands: `tag`, a text; `part`, a group of fields; `many`, any number of groups.

Values are texts exactly as they stand in the file: dates dd/MM/yyyy, codes as numbered on the form. What they mean is
decided where the record is read or written, so that writing what was read gives the same file. Source of the tags: the
classes of a provincial synchronisation client for QĐ 831, 2026 (163 fields); the wording of the annex was not seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def tag(name: str) -> Any:
    """A text under this tag; empty tags are always written."""
    return field(default="", metadata={"tag": name})


def many(name: str, kind: type) -> Any:
    """Any number of groups, each under this tag; a slash steps through an enclosing one."""
    return field(default=(), metadata={"many": name, "kind": kind})


@dataclass(frozen=True, slots=True)
class Header:
    """Who sends what, when."""

    message_version: str = tag("MESSAGE_VERSION")
    sender_code: str = tag("SENDER_CODE")
    sender_name: str = tag("SENDER_NAME")
    transaction_type: str = tag("TRANSACTION_TYPE")
    transaction_name: str = tag("TRANSACTION_NAME")
    transaction_date: str = tag("TRANSACTION_DATE")
    transaction_id: str = tag("TRANSACTION_ID")
    request_id: str = tag("REQUEST_ID")
    action_type: str = tag("ACTION_TYPE")


@dataclass(frozen=True, slots=True)
class Relative:
    """A relation in the family; guardian is GIAMHO."""

    relation_code: str = tag("LOAI_QUANHE")
    relation: str = tag("TEN_QUANHE")
    health_id: str = tag("MADINHDANH")
    name: str = tag("HOTEN")
    landline: str = tag("DIENTHOAI")
    mobile: str = tag("DIDONG")
    guardian: str = tag("GIAMHO")


@dataclass(frozen=True, slots=True)
class General:
    """Part 1, administrative. Sex: 1 male, 2 female."""

    health_id: str = tag("MADINHDANH")
    vneid: str = tag("VNEID")
    social_insurance: str = tag("MABHXH")
    insurance_card: str = tag("MATHE")
    household_number: str = tag("MAHO_GIADINH")
    member_number: str = tag("MA_NHANKHAU")
    name: str = tag("HOTEN")
    relation_to_head: str = tag("QUANHE_CHUHO")
    sex: str = tag("GIOITINH")
    blood_abo: str = tag("NHOMMAU_HEABO")
    blood_rh: str = tag("NHOMMAU_HERH")
    birth: str = tag("NGAYSINH")
    birth_province: str = tag("MATINH_KHAISINH")
    ethnicity: str = tag("MADANTOC")
    nationality: str = tag("MAQUOCTICH")
    religion: str = tag("MATONGIAO")
    occupation: str = tag("MANGHENGHIEP")
    national_id: str = tag("SOCMND")
    issued_on: str = tag("NGAYCAP")
    issued_by: str = tag("NOICAP")
    permanent_address: str = tag("DIACHI_THUONGTRU")
    permanent_province: str = tag("MATINH_THUONGTRU")
    permanent_district: str = tag("MAHUYEN_THUONGTRU")
    permanent_commune: str = tag("MAXA_THUONGTRU")
    permanent_hamlet: str = tag("MATHONXOM_THUONGTRU")
    current_address: str = tag("DIACHI_HIENTAI")
    current_province: str = tag("MATINH_HIENTAI")
    current_district: str = tag("MAHUYEN_HIENTAI")
    current_commune: str = tag("MAXA_HIENTAI")
    current_hamlet: str = tag("MATHONXOM_HIENTAI")
    landline: str = tag("DIENTHOAI_CD")
    mobile: str = tag("DIENTHOAI_DD")
    email: str = tag("EMAIL")
    relatives: tuple[Relative, ...] = many("QUANHE_GIADINH", Relative)


@dataclass(frozen=True, slots=True)
class Birth:
    """How the person was born."""

    delivery: str = tag("LOAIDE")
    preterm: str = tag("DETHIEUTHANG")
    asphyxia: str = tag("BINGAT_LUCDE")
    weight: str = tag("CANNANG")
    length: str = tag("CHIEUDAI")
    malformation: str = tag("DITAT_BAMSINH")
    other: str = tag("KHAC")


@dataclass(frozen=True, slots=True)
class RiskFactor:
    """kind: 1 tobacco, 2 alcohol, 3 drugs, 4 exercise; state 0, 1 or 2; quit: given up."""

    kind: str = tag("LOAI")
    name: str = tag("TENLOAI")
    state: str = tag("TRANGTHAI")
    quit: str = tag("DABO")
    amount: str = tag("SOLUONG")


@dataclass(frozen=True, slots=True)
class Risks:
    """Risk factors of the person and of where they live and work."""

    factors: tuple[RiskFactor, ...] = many("DSYEUTO", RiskFactor)
    exposure: str = tag("YEUTO_TIEPXUC")
    exposure_time: str = tag("THOIGIAN_TIEPXUC")
    latrine: str = tag("LOAIHOXIGD")
    other: str = tag("KHAC")


@dataclass(frozen=True, slots=True)
class Disability:
    """kind: 1 to 7 of the form."""

    kind: str = tag("LOAI")
    name: str = tag("TENLOAI")
    description: str = tag("MOTA")


@dataclass(frozen=True, slots=True)
class Disabilities:
    """Every disability."""

    items: tuple[Disability, ...] = many("DSKHUYETTAT", Disability)


@dataclass(frozen=True, slots=True)
class Allergy:
    """kind: 1 to 4 of the form; who: the relative, in the family's history only."""

    kind: str = tag("LOAI")
    code: str = tag("MASO")
    name: str = tag("TEN")
    description: str = tag("MOTA")
    who: str = tag("NGUOIMAC")


@dataclass(frozen=True, slots=True)
class Disease:
    """kind: 1 to 15 of the form; who: the relative, in the family's history only."""

    kind: str = tag("LOAIBENH")
    name: str = tag("TENBENH")
    state: str = tag("TRANGTHAI")
    description: str = tag("MOTA")
    who: str = tag("NGUOIMAC")


@dataclass(frozen=True, slots=True)
class Ailments:
    """Allergies and diseases: of the person, or of the family."""

    allergies: tuple[Allergy, ...] = many("DIUNG/DSDIUNG", Allergy)
    diseases: tuple[Disease, ...] = many("BENHTAT/DSBENH", Disease)


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Reproductive health: counts as written."""

    contraception: str = tag("BIENPHAP_TRANHTHAI")
    last_pregnancy: str = tag("KYTHAICUOI")
    pregnancies: str = tag("SOLAN_COTHAI")
    miscarriages: str = tag("SOLAN_SAYTHAI")
    abortions: str = tag("SOLAN_PHATHAI")
    births: str = tag("SOLAN_SINHDE")
    vaginal_births: str = tag("SOLAN_DETHUONG")
    caesarean_births: str = tag("SOLAN_DEMO")
    difficult_births: str = tag("SOLANDEKHO")
    term_births: str = tag("SOLANDE_DUTHANG")
    preterm_births: str = tag("SOLAN_DENON")
    living_children: str = tag("SOCON_HIENSONG")
    gynaecological_disease: str = tag("BENH_PHUKHOA")


@dataclass(frozen=True, slots=True)
class History:
    """Part 2, history."""

    birth: Birth = field(default_factory=Birth, metadata={"part": "TINHTRANG_LUCSINH"})
    risks: Risks = field(default_factory=Risks, metadata={"part": "YEUTO_SUCKHOE"})
    disabilities: Disabilities = field(default_factory=Disabilities, metadata={"part": "KHUYETTAT"})
    own: Ailments = field(default_factory=Ailments, metadata={"part": "TIEUSU_BENHTAT"})
    family: Ailments = field(default_factory=Ailments, metadata={"part": "TIENSU_GIADINH"})
    surgery: str = tag("TIENSU_PHAUTHUAT")
    reproduction: Reproduction = field(default_factory=Reproduction, metadata={"part": "SUCKHOE_SINHSAN"})
    other: str = tag("VANDEKHAC")


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose, given or due. pregnancy_month is THANGTHAI."""

    vaccine_code: str = tag("MAVACXIN")
    vaccine: str = tag("TENVACXIN")
    vaccine_kind: str = tag("LOAIVACXIN")
    state: str = tag("TRANGTHAI")
    given_on: str = tag("NGAYTIEM")
    pregnancy_month: str = tag("THANGTHAI")
    reaction: str = tag("PHANUNGSAUTIEM")
    due_on: str = tag("NGAYHENTIEM")
    tetanus_doses: str = tag("SOMUIUONVANMETIEM")


@dataclass(frozen=True, slots=True)
class Vaccination:
    """Part 3, vaccination."""

    mother_tetanus_doses: str = tag("SOMUIUONVANMETIEM")
    doses: tuple[Dose, ...] = many("THONGTINMUITIEM", Dose)


@dataclass(frozen=True, slots=True)
class Service:
    """A laboratory test (group 1) or image (group 2) with its result."""

    code: str = tag("MADICHVU")
    group: str = tag("MANHOM")
    name: str = tag("TENDICHVU")
    result: str = tag("KETQUA")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """An ICD-10 diagnosis."""

    code: str = tag("MABENH")
    name: str = tag("TENBENH")
    conclusion: str = tag("KETLUAN")


@dataclass(frozen=True, slots=True)
class Examination:
    """Part 4, one examination: vitals, the systems, results, diagnoses, advice."""

    encounter_key: str = tag("MA_LK")
    examined_on: str = tag("NGAYKHAM")
    started_on: str = tag("NGAYBATDAU")
    ended_on: str = tag("NGAYKETTHUC")
    doctor_code: str = tag("MABACSI")
    doctor: str = tag("BACSIKHAM")
    reason: str = tag("LYDOKHAM")
    course: str = tag("BENHSU")
    pulse: str = tag("MACH")
    temperature: str = tag("NHIETDO")
    systolic: str = tag("HUYETAPTT")
    diastolic: str = tag("HUYETAPTD")
    respiration: str = tag("NHIPTHO")
    height: str = tag("CHIEUCAO")
    bmi: str = tag("CHISOBMI")
    weight: str = tag("CANNANG")
    waist: str = tag("VONGBUNG")
    glasses: str = tag("SUDUNGKINH")
    right_eye: str = tag("MATPHAI")
    left_eye: str = tag("MATTRAI")
    skin: str = tag("KHAMDA")
    mucosa: str = tag("KHAMNIEMMAC")
    general_other: str = tag("KHAMTOANTHANKHAC")
    circulation: str = tag("KHAMTIMMACH")
    breathing: str = tag("KHAMHOHAP")
    digestion: str = tag("KHAMTIEUHOA")
    urinary: str = tag("KHAMTIETNIEU")
    musculoskeletal: str = tag("KHAMCOXUONGKHOP")
    endocrine: str = tag("KHAMNOITIET")
    neurology: str = tag("KHAMTHANKINH")
    psychiatry: str = tag("KHAMTAMTHAN")
    surgery: str = tag("KHAMNGOAIKHOA")
    gynaecology: str = tag("KHAMPHUKHOA")
    ear_nose_throat: str = tag("KHAMTAIMUIHONG")
    dental: str = tag("KHAMRHM")
    eyes: str = tag("KHAMMAT")
    dermatology: str = tag("KHAMDALIEU")
    nutrition: str = tag("KHAMDINHDUONG")
    movement: str = tag("KHAMVANDONG")
    other: str = tag("KHAC")
    development: str = tag("TC_TT_VD")
    advice: str = tag("TUVAN")
    services: tuple[Service, ...] = many("CANLAMSANG/DICHVU", Service)
    diagnoses: tuple[Diagnosis, ...] = many("CHANDOANKETLUAN/CHANDOANBENH", Diagnosis)


@dataclass(frozen=True, slots=True)
class HealthRecord:
    """HOSOSUCKHOE: one person's whole form."""

    general: General = field(default_factory=General, metadata={"part": "THONGTINCHUNG"})
    history: History = field(default_factory=History, metadata={"part": "TIENSU"})
    vaccination: Vaccination = field(default_factory=Vaccination, metadata={"part": "TIEMCHUNG"})
    examinations: tuple[Examination, ...] = many("DANHSACHHOSOKHAMCHUABENH/HOSOKHAMCHUABENH", Examination)


@dataclass(frozen=True, slots=True)
class Security:
    """The sender's signature, base64; empty where the form is handed over unsigned."""

    signature: str = tag("SIGNATURE")


@dataclass(frozen=True, slots=True)
class Message:
    """DATA: the whole file."""

    header: Header = field(default_factory=Header, metadata={"part": "HEADER"})
    record: HealthRecord = field(default_factory=HealthRecord, metadata={"part": "BODY/HOSOSUCKHOE"})
    security: Security = field(default_factory=Security, metadata={"part": "SECURITY"})
