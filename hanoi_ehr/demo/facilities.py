"""Twelve facilities, their departments and rooms, and who works there. Names and codes are made up ("M" for mẫu)."""

from __future__ import annotations

from dataclasses import dataclass

from registry.rules.permissions import Role


@dataclass(frozen=True, slots=True)
class Place:
    """A facility: code, names, kind and level as registry.models.Facility has them, ward code, departments."""

    code: str
    name: str
    short_name: str
    kind: str
    care_level: str
    ward_code: str
    address: str
    departments: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    share: float = 0.0  # of the city's visits

    @property
    def gln(self) -> str:
        """Thirteen digits of GS1's range for examples (952), with a right check digit."""
        body = f"952{int(self.code[-2:]):09d}"
        total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
        return body + str(-total % 10)


# "code:name" of departments (K codes as QĐ 1804/2026 numbers them, names of the commonest, from memory).
_EXAMINATION = "K01:Khoa Khám bệnh"
_CLINIC = (_EXAMINATION, "K02:Khoa Hồi sức cấp cứu", "K03:Khoa Nội tổng hợp", "K39:Khoa Xét nghiệm")
_HOSPITAL = (*_CLINIC, "K18:Khoa Nhi", "K19:Khoa Ngoại tổng hợp", "K27:Khoa Phụ sản", "K26:Khoa Nội soi")
_CLINIC_ROOMS = (
    "P1:Phòng 1 · Cấp cứu, sinh hiệu",
    "P2:Phòng 2 · Nhi",
    "P3:Phòng 3 · Nội tổng hợp",
    "P4:Phòng 4 · Ngoại, da liễu",
)
_STATION_ROOMS = ("P1:Phòng khám chung", "P2:Phòng bà mẹ, trẻ em")

PLACES = (
    Place("01M01", "Bệnh viện đa khoa Sông Hồng (mẫu)", "BVĐK Sông Hồng (mẫu)", "hospital", "specialised", "00256",
          "Số 1 phố Mẫu, phường Hai Bà Trưng", _HOSPITAL, (*_CLINIC_ROOMS, "P9:Phòng 9 · Nội soi tiêu hóa"), 14),
    Place("01M02", "Bệnh viện đa khoa Tây Hồ (mẫu)", "BVĐK Tây Hồ (mẫu)", "hospital", "basic", "00103",
          "Số 2 phố Mẫu, phường Tây Hồ", _HOSPITAL, (*_CLINIC_ROOMS, "P9:Phòng 9 · Nội soi tiêu hóa"), 11),
    Place("01M03", "Phòng khám đa khoa Kim Liên (mẫu)", "PKĐK Kim Liên (mẫu)", "polyclinic", "basic", "00229",
          "Số 3 phố Mẫu, phường Kim Liên", _CLINIC, _CLINIC_ROOMS, 34),
    Place("01M04", "Phòng khám đa khoa Nghĩa Đô (mẫu)", "PKĐK Nghĩa Đô (mẫu)", "polyclinic", "basic", "00160",
          "Số 4 phố Mẫu, phường Nghĩa Đô", _CLINIC, _CLINIC_ROOMS, 10),
    Place("01M05", "Phòng khám đa khoa Hà Đông (mẫu)", "PKĐK Hà Đông (mẫu)", "polyclinic", "basic", "09556",
          "Số 5 phố Mẫu, phường Hà Đông", _CLINIC, _CLINIC_ROOMS, 9),
    Place("01M06", "Trạm y tế phường Láng (mẫu)", "TYT Láng (mẫu)", "health-station", "initial", "00199",
          "Số 6 phố Mẫu, phường Láng", (_EXAMINATION,), _STATION_ROOMS, 4),
    Place("01M07", "Trạm y tế phường Hoàng Mai (mẫu)", "TYT Hoàng Mai (mẫu)", "health-station", "initial", "00331",
          "Số 7 phố Mẫu, phường Hoàng Mai", (_EXAMINATION,), _STATION_ROOMS, 4),
    Place("01M08", "Trạm y tế xã Sóc Sơn (mẫu)", "TYT Sóc Sơn (mẫu)", "health-station", "initial", "00376",
          "Thôn Mẫu, xã Sóc Sơn", (_EXAMINATION,), _STATION_ROOMS, 4),
    Place("01M09", "Trạm y tế xã Ba Vì (mẫu)", "TYT Ba Vì (mẫu)", "health-station", "initial", "09700",
          "Thôn Mẫu, xã Ba Vì", (_EXAMINATION,), _STATION_ROOMS, 3),
    Place("01M10", "Phòng khám chuyên khoa tiêu hóa Bạch Mai (mẫu)", "PK tiêu hóa Bạch Mai (mẫu)", "specialist-clinic",
          "specialised", "00292", "Số 10 phố Mẫu, phường Bạch Mai", (_EXAMINATION, "K26:Khoa Nội soi"),
          ("P1:Phòng khám tiêu hóa", "P9:Phòng nội soi"), 7),
    Place("01M11", "Trung tâm Kiểm soát bệnh tật thành phố (mẫu)", "CDC Hà Nội (mẫu)", "health-centre", "", "00301",
          "Số 11 phố Mẫu, phường Vĩnh Hưng"),
    Place("01M12", "Sở Y tế thành phố (mẫu)", "Sở Y tế (mẫu)", "authority", "", "00082", "Số 12 phố Mẫu, phường Cửa Nam"),
)  # fmt: skip

CLINIC = "01M03"
"""Where most demo accounts work and today's visits wait."""
HOSPITAL = "01M01"
"""Whose old system is moved, whose doctor is a stranger to the clinic, and whose software has an OAuth client."""
CENTRE = "01M11"
AUTHORITY = "01M12"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signs in: at (facility, room code) in a role. `also`: further facilities in the same role."""

    username: str
    full_name: str
    role: Role
    facility: str
    room: str = ""
    licence: str = ""
    also: tuple[str, ...] = ()


ACCOUNTS = (
    Account("le.tan", "Đỗ Thị Thu Hà", Role.RECEPTIONIST, CLINIC),
    Account("y.ta", "Phạm Thị Nhung", Role.NURSE, CLINIC, "P1", "900001/HNO-CCHN"),
    Account("bac.si", "Nguyễn Quang Minh", Role.DOCTOR, CLINIC, "P3", "900002/HNO-CCHN", also=("01M06",)),
    Account("ky.thuat.vien", "Trần Văn Kiên", Role.TECHNICIAN, CLINIC, "", "900003/HNO-CCHN"),
    Account("duoc.si", "Lê Thị Bích Ngọc", Role.PHARMACIST, CLINIC, "", "900004/HNO-CCHND"),
    Account("thu.ngan", "Vũ Thị Oanh", Role.CASHIER, CLINIC),
    Account("sang.loc", "Hoàng Thị Lan Phương", Role.SCREENING_COORDINATOR, CLINIC, also=(CENTRE,)),
    Account("di.tru", "Bùi Đức Long", Role.MIGRATION_OPERATOR, HOSPITAL),
    Account("so.y.te", "Ngô Xuân Trường", Role.CITY_ADMINISTRATOR, AUTHORITY),
    Account("bac.si.2", "Đặng Thị Minh Tâm", Role.DOCTOR, HOSPITAL, "P3", "900005/HNO-CCHN"),
)
