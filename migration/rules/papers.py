"""Clinical course (XML5) and the papers of a visit (XML7-11, 13, 14) as passages of its record, each line under its words.

A paper of another system has no file of its own to keep: what it says becomes a note of its kind, tag after tag in the order
of the paper. Tags that only repeat who the person is are left out: they stand in the statement beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migration.rules.clinical import BadRow, Clinical, Frame, Row, keyed, moment_of
from records.rules.bulk_facts import Note
from registry.rules.invalid import Invalid
from registry.rules.qd3176.moments import read_moment
from registry.rules.text import clean_note


@dataclass(frozen=True, slots=True)
class Paper:
    """A table as notes of one kind. dated: tags of its moment, the first written counts. lines: tag -> what it is called."""

    kind: str
    dated: tuple[str, ...]
    lines: Mapping[str, str]


_STAY = {"NGAY_VAO": "Vào viện", "NGAY_RA": "Ra viện"}
_CARE = {"CHAN_DOAN_RV": "Chẩn đoán", "PP_DIEUTRI": "Phương pháp điều trị"}
_PREGNANCY = {"TUOI_THAI": "Tuổi thai (tuần)", "NGUYENNHAN_DINHCHI": "Nguyên nhân đình chỉ thai"}
PAPERS: Mapping[str, Paper] = {
    "XML5": Paper(
        "progress",
        ("THOI_DIEM_DBLS",),
        {
            "DIEN_BIEN_LS": "",
            "GIAI_DOAN_BENH": "Giai đoạn bệnh",
            "HOI_CHAN": "Hội chẩn",
            "PHAU_THUAT": "Phẫu thuật, thủ thuật",
        },
    ),
    "XML7": Paper(
        "discharge",
        ("NGAY_CT", "NGAY_RA"),
        {"SO_LUU_TRU": "Số lưu trữ", **_STAY, **_CARE, **_PREGNANCY, "THOIGIAN_DINHCHI": "Đình chỉ thai lúc",
         "SO_NGAY_NGHI": "Số ngày nghỉ", "NGOAITRU_TUNGAY": "Điều trị ngoại trú từ", "NGOAITRU_DENNGAY": "đến",
         "GHI_CHU": "Ghi chú, lời dặn", "TEN_BS": "Bác sĩ"},
    ),
    "XML8": Paper(
        "summary",
        ("NGAY_CT", "NGAY_RA"),
        {**_STAY, "CHAN_DOAN_VAO": "Chẩn đoán vào viện", "CHAN_DOAN_RV": "Chẩn đoán ra viện",
         "QT_BENHLY": "Quá trình bệnh lý", "TOMTAT_KQ": "Tóm tắt kết quả cận lâm sàng",
         "PP_DIEUTRI": "Phương pháp điều trị", "NGAY_SINHCON": "Ngày sinh con", "NGAY_CONCHET": "Ngày con chết",
         "SO_CONCHET": "Số con chết", "GHI_CHU": "Ghi chú"},
    ),
    "XML9": Paper(
        "birth",
        ("NGAY_SINH_CON", "NGAY_CT"),
        {"SO": "Số", "QUYEN_SO": "Quyển số", "HO_TEN_CON": "Tên con", "NGAY_SINH_CON": "Sinh lúc",
         "NOI_SINH_CON": "Nơi sinh", "SO_CON": "Số con trong lần sinh này", "LAN_SINH": "Lần sinh",
         "SO_CON_SONG": "Số con hiện sống", "CAN_NANG_CON": "Cân nặng (g)", "TINH_TRANG_CON": "Tình trạng con",
         "HO_TEN_CHA": "Cha", "NGUOI_DO_DE": "Người đỡ đẻ", "GHI_CHU": "Ghi chú"},
    ),
    "XML10": Paper(
        "leave",
        ("NGAY_CT", "TU_NGAY"),
        {"SO_CT": "Số", **_CARE, "SO_NGAY": "Nghỉ dưỡng thai, số ngày", "TU_NGAY": "Từ", "DEN_NGAY": "đến",
         "TEN_BS": "Bác sĩ"},
    ),
    "XML11": Paper(
        "leave",
        ("NGAY_CT", "TU_NGAY"),
        {"SO_CT": "Số", **_CARE, **_PREGNANCY, "SO_NGAY_NGHI": "Nghỉ việc, số ngày", "TU_NGAY": "Từ",
         "DEN_NGAY": "đến"},
    ),
    "XML13": Paper(
        "referral",
        ("NGAY_RA",),
        {"SO_CHUYENTUYEN": "Số", "MA_CSKCB_DEN": "Chuyển đến cơ sở", **_STAY, "DAU_HIEU_LS": "Dấu hiệu lâm sàng",
         "QT_BENHLY": "Quá trình bệnh lý", "TOMTAT_KQ": "Tóm tắt kết quả cận lâm sàng", **_CARE,
         "TINH_TRANG_CT": "Tình trạng lúc chuyển", "HUONG_DIEU_TRI": "Hướng điều trị",
         "PHUONGTIEN_VC": "Phương tiện vận chuyển", "HOTEN_NGUOI_HT": "Người hộ tống"},
    ),
    "XML14": Paper(
        "followup",
        ("NGAY_CT", "NGAY_RA"),
        {"SO_GIAYHEN_KL": "Số", "NGAY_HEN_KL": "Hẹn khám lại", "CHAN_DOAN_RV": "Chẩn đoán"},
    ),
}  # fmt: skip
LOADED_TABLES = frozenset({"XML2", "XML3", "XML4", "THONGTINMUITIEM", *PAPERS})  # the others stay in the kept file
_MOMENTS = frozenset({
    "NGAY_VAO", "NGAY_RA", "THOIGIAN_DINHCHI", "NGOAITRU_TUNGAY", "NGOAITRU_DENNGAY", "NGAY_SINHCON", "NGAY_CONCHET",
    "NGAY_SINH_CON", "TU_NGAY", "DEN_NGAY", "NGAY_HEN_KL",
})  # fmt: skip


def read_papers(clinical: Clinical, tables: Mapping[str, Sequence[Row]], frame: Frame) -> None:
    """Every table of PAPERS that the record carries."""
    for table, paper in PAPERS.items():
        for at, (key, row) in enumerate(keyed(table, tables.get(table, ()))):
            clinical.take(table, at, key, _note, table, row, paper, frame)


def _note(table: str, row: Row, paper: Paper, frame: Frame) -> Iterator[Note]:
    told = [f"{name}: {text}" if name else text for tag, name in paper.lines.items() if (text := _text(row, tag))]
    if not told:
        tag = next(iter(paper.lines))
        raise BadRow("note-empty", "Dòng này không ghi nội dung nào.", tag)
    yield Note(paper.kind, "\n".join(told), moment_of(row, paper.dated, frame))


def _text(row: Row, tag: str) -> str:
    text = clean_note(row.get(tag, ""))
    if tag not in _MOMENTS or not text:
        return text
    try:
        moment = read_moment(text)
    except Invalid:
        return text  # as written: a date inside a paper is words, and harms nothing
    return f"{moment:%d/%m/%Y %H:%M}" if moment.hour or moment.minute else f"{moment:%d/%m/%Y}"
