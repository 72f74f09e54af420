"""Makers of hospital files for tests: QĐ 3176 envelopes and patients' lists. Every person in them is invented."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

from registry.rules.qd3176.fields import tables

FACILITY = "01T01"
XML1: dict[str, str] = {
    "MA_LK": "LK0001",
    "STT": "1",
    "MA_BN": "BN0001",
    "HO_TEN": "Nguyễn Thị Hoà",
    "SO_CCCD": "001172000345",
    "NGAY_SINH": "197203120000",
    "GIOI_TINH": "2",
    "DIA_CHI": "Số 5 ngõ 46 Kim Liên",
    "MAXA_CU_TRU": "00229",
    "DIEN_THOAI": "0912000345",
    "MA_THE_BHYT": "GD4010120456789",
    "LY_DO_VV": "Ho, sốt",
    "CHAN_DOAN_VAO": "Theo dõi viêm phổi",
    "CHAN_DOAN_RV": "Viêm phổi do vi khuẩn",
    "MA_BENH_CHINH": "J15.9",
    "MA_BENH_KT": "I10;E11.9",
    "MA_DOITUONG_KCB": "1.1",
    "NGAY_VAO": "202409030815",
    "NGAY_RA": "202409031030",
    "KET_QUA_DTRI": "2",
    "MA_LOAI_RV": "1",
    "MA_LOAI_KCB": "01",
    "MA_KHOA": "K01",
    "MA_CSKCB": FACILITY,
}
CSV_COLUMNS = ("MA_BN", "HO_TEN", "NGAY_SINH", "GIOI_TINH", "SO_CCCD", "MA_THE_BHYT", "DIEN_THOAI", "DIA_CHI", "MAXA")


def xml1(**changes: str | None) -> dict[str, str]:
    """Fields of one visit; None leaves a field out."""
    fields: dict[str, str | None] = {**XML1, **changes}
    return {name: text for name, text in fields.items() if text is not None}


def visit_no(number: int, **changes: str | None) -> dict[str, str]:
    """The visit of an invented person of their own."""
    year = 70 + number % 25
    own: dict[str, str | None] = {
        "MA_LK": f"LK{number:06d}",
        "MA_BN": f"BN{number:06d}",
        "HO_TEN": invented_name(number),
        "SO_CCCD": f"0011{year:02d}{number:06d}",
        "NGAY_SINH": f"19{year:02d}{number % 12 + 1:02d}{number % 28 + 1:02d}0000",
        "MA_THE_BHYT": f"GD401{number:010d}",
        "DIEN_THOAI": f"09{number:08d}",
    }
    return xml1(**(own | changes))


_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi")
_MIDDLE = ("Thị", "Ngọc", "Thu", "Minh", "Thanh", "Bích")
_GIVEN = ("Hoà", "Vân", "Hương", "Lan", "Hồng", "Yến", "Ngân", "Thuỷ", "Dung", "Mai", "Đào")


def invented_name(number: int) -> str:
    """A believable name that is nobody's."""
    return (
        f"{_FAMILY[number % len(_FAMILY)]} {_MIDDLE[number // 8 % len(_MIDDLE)]} {_GIVEN[number // 48 % len(_GIVEN)]}"
    )


def table(root: str, fields: Mapping[str, str]) -> bytes:
    """One table of one row as UTF-8 XML."""
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
    return f'<?xml version="1.0" encoding="utf-8"?><{root}>{inner}</{root}>'.encode()


def drugs(lines: int) -> bytes:
    """Table XML2 with so many lines."""
    rows = "".join(
        f"<CHI_TIET_THUOC><MA_LK>x</MA_LK><STT>{n}</STT><TEN_THUOC>Thuốc {n}</TEN_THUOC></CHI_TIET_THUOC>"
        for n in range(lines)
    )
    inner = f"<DSACH_CHI_TIET_THUOC>{rows}</DSACH_CHI_TIET_THUOC>"
    return f"<CHITIEU_CHITIET_THUOC>{inner}</CHITIEU_CHITIET_THUOC>".encode()


def listed(name: str, rows: Sequence[Mapping[str, str]]) -> tuple[str, str]:
    """(LOAIHOSO, NOIDUNGFILE) of a table with these rows, under the tags of QĐ 3176."""
    layout = tables()[name]
    inner = "".join(
        "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in row.items()).join(_tags(layout.row)) for row in rows
    )
    whole = inner.join(_tags(layout.listed)).join(_tags(layout.root))
    return name, packed(whole.encode())


def _tags(name: str) -> tuple[str, str]:
    return (f"<{name}>", f"</{name}>") if name else ("", "")


DRUG = {
    "MA_LK": "LK0001", "STT": "1", "MA_THUOC": "40.30", "MA_NHOM": "4", "TEN_THUOC": "Amlodipin", "DON_VI_TINH": "viên",
    "HAM_LUONG": "5 mg", "DUONG_DUNG": "1.01", "LIEU_DUNG": "1 viên/lần * 1 lần/ngày * 28 ngày", "CACH_DUNG": "Uống sáng",
    "SO_LUONG": "28", "DON_GIA": "650", "THANH_TIEN_BV": "18200.00", "MA_BAC_SI": "001234/HNO-CCHN",
    "NGAY_YL": "202409030830",
}  # fmt: skip
SERVICE = {
    "MA_LK": "LK0001", "STT": "1", "MA_DICH_VU": "23.0075.1494", "MA_NHOM": "1", "TEN_DICH_VU": "Định lượng Glucose [Máu]",
    "DON_VI_TINH": "lần", "SO_LUONG": "1", "DON_GIA_BV": "21500", "THANH_TIEN_BV": "21500", "NGAY_YL": "202409030835",
    "NGAY_TH_YL": "202409030840", "NGAY_KQ": "202409030930",
}  # fmt: skip
RESULT = {
    "MA_LK": "LK0001", "STT": "1", "MA_DICH_VU": "23.0075.1494", "MA_CHI_SO": "GLU", "TEN_CHI_SO": "Glucose",
    "GIA_TRI": "7,25", "DON_VI_DO": "mmol/L", "KET_LUAN": "Tăng nhẹ", "NGAY_KQ": "202409030930",
    "MA_BS_DOC_KQ": "004321/HNO-CCHN",
}  # fmt: skip
COURSE = {
    "MA_LK": "LK0001", "STT": "1", "DIEN_BIEN_LS": "Tỉnh, hết sốt", "HOI_CHAN": "Hội chẩn khoa Hô hấp",
    "THOI_DIEM_DBLS": "202409031000",
}  # fmt: skip
DISCHARGE = {
    "MA_LK": "LK0001", "SO_LUU_TRU": "LT-77", "NGAY_VAO": "202409030815", "NGAY_RA": "202409031030",
    "CHAN_DOAN_RV": "Viêm phổi", "PP_DIEUTRI": "Kháng sinh", "GHI_CHU": "Tái khám sau 7 ngày", "NGAY_CT": "20240903",
}  # fmt: skip


def full_visit(fields: Mapping[str, str], **changes: Sequence[Mapping[str, str]]) -> str:
    """A visit with drugs, services, results, course and discharge paper; changes: table -> its rows instead, () for none."""
    own: dict[str, Sequence[Mapping[str, str]]] = {
        "XML2": [
            DRUG,
            {**DRUG, "STT": "2", "TEN_THUOC": "Amoxicilin", "HAM_LUONG": "500 mg", "THANH_TIEN_BV": "30000"},
        ],
        "XML3": [SERVICE],
        "XML4": [RESULT, {**RESULT, "STT": "2", "MA_CHI_SO": "KET", "TEN_CHI_SO": "Ceton", "GIA_TRI": "âm tính"}],
        "XML5": [COURSE],
        "XML7": [DISCHARGE],
    }
    held = {**own, **changes}
    key = {"MA_LK": fields["MA_LK"]}
    return visit(fields, *(listed(name, [{**row, **key} for row in rows]) for name, rows in held.items() if rows))


def packed(content: bytes) -> str:
    """Base64, as NOIDUNGFILE carries it."""
    return base64.b64encode(content).decode()


def hoso(*tables: tuple[str, str]) -> str:
    """One HOSO of (LOAIHOSO, NOIDUNGFILE) pairs."""
    files = "".join(
        f"<FILEHOSO><LOAIHOSO>{name}</LOAIHOSO><NOIDUNGFILE>{text}</NOIDUNGFILE></FILEHOSO>" for name, text in tables
    )
    return f"<HOSO>{files}</HOSO>\n"


def visit(fields: Mapping[str, str], *more: tuple[str, str]) -> str:
    """The HOSO of one visit."""
    return hoso(("XML1", packed(table("TONG_HOP", fields))), *more)


def envelope(records: Iterable[str], facility: str = FACILITY, declared: int | None = None) -> bytes:
    """A whole GIAMDINHHS file."""
    listed = list(records)
    count = len(listed) if declared is None else declared
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<GIAMDINHHS xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f"<THONGTINDONVI><MACSKCB>{facility}</MACSKCB></THONGTINDONVI>\n"
        f"<THONGTINHOSO><NGAYLAP>20241001</NGAYLAP><SOLUONGHOSO>{count}</SOLUONGHOSO>\n"
        f"<DANHSACHHOSO>\n{''.join(listed)}</DANHSACHHOSO></THONGTINHOSO>\n<CHUKYDONVI/></GIAMDINHHS>\n"
    ).encode()


def patient_no(number: int, **changes: str) -> dict[str, str]:
    """One line of a patients' list."""
    fields = visit_no(number)
    line = {name: fields.get(name, "") for name in CSV_COLUMNS}
    birth = fields["NGAY_SINH"]
    line |= {
        "NGAY_SINH": f"{birth[6:8]}/{birth[4:6]}/{birth[:4]}",
        "GIOI_TINH": "Nữ",
        "MAXA": "00229",
    }
    return line | changes


def tcvn3(text: str) -> bytes:
    """Text in TCVN3 as old systems wrote it; capitals with marks become small letters, which is all TCVN3 has."""
    from migration.rules.encodings import _TCVN3

    bytes_of = {char: code for code, char in enumerate(_TCVN3) if char != "\ufffe"}
    return bytes(bytes_of.get(char, bytes_of.get(char.lower(), 0x3F)) for char in text)


def patients(
    lines: Sequence[Mapping[str, str]], *, encode: str = "tcvn3", columns: Sequence[str] = CSV_COLUMNS, mark: str = ","
) -> bytes:
    """A patients' list in TCVN3, or in any of Python's encodings."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=mark, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([line.get(name, "") for name in columns] for line in lines)
    return tcvn3(text.getvalue()) if encode == "tcvn3" else text.getvalue().encode(encode)
