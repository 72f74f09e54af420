"""The third and fourth part of the form: vaccinations and examinations."""

from __future__ import annotations

from dataclasses import dataclass

from records.rules.qd831.form.tags import many, tag


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
