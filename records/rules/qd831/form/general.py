"""The first part of the form: who the person is."""

from __future__ import annotations

from dataclasses import dataclass

from records.rules.qd831.form.tags import many, tag


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
