"""Invented people, numbers and words for the gallery. No row of this is ever stored."""

from datetime import date
from typing import Any

from registry.web.charts import Reading

FORM_GOOD = {
    "cccd": "001172012345",
    "birth": date(1972, 3, 12),
    "weight": "60,5",
    "payer": "bhyt",
    "sex": "nu",
    "remind": True,
}
FORM_WRONG = {
    "sai-cccd": "01172012345",
    "sai-birth": "31/02/1972",
    "sai-weight": "sáu mươi",
    "sai-ethnicity": "kinh",
    "sai-payer": "bhyt",
}

_DAYS = [date(2024, 3, 4), date(2024, 9, 9), date(2025, 2, 20), date(2025, 8, 28), date(2026, 3, 2), date(2026, 8, 26)]
HBA1C = [Reading(day, value) for day, value in zip(_DAYS, (8.4, 7.9, 7.6, 7.2, 6.9, 7.1), strict=True)]
GLUCOSE = [Reading(day, value) for day, value in zip(_DAYS, (9.8, 8.6, 8.1, 7.4, 6.8, 6.6), strict=True)]
CREATININE = [Reading(date(2026, 8, 26), 71)]

CASCADE = [("Dương tính", 571), ("Đã liên lạc", 548), ("Nội soi", 389), ("Kết luận", 371), ("Đóng ca", 352)]

TARGETS = [
    ("Trẻ gái tiêm đủ liều HPV trước 15 tuổi", 93.4, 90, "93,4 %", "1.868 trên 2.000 người; chưa biết 60; đích 90 %"),
    ("Phụ nữ 35 tuổi đã xét nghiệm HPV", 41.2, 70, "41,2 %", "824 trên 2.000 người; chưa biết 905; đích 70 %"),
    ("Ung thư xâm lấn đã được điều trị", None, 90, "–", "0 trên 0 người; chưa biết 0; đích 90 %"),
]
FACILITIES = [("Cơ sở A", 120, 160), ("Cơ sở B", 61, 70), ("Cơ sở C", 40, 110), ("Cơ sở D", 22, 30), ("Cơ sở E", 9, 14)]
WAITS = {0: 31, 1: 54, 2: 66, 3: 48, 4: 29, 5: 17, 6: 9, 7: 4, 9: 2, 12: 3}
PARTICIPATION = {"00004": 61.2, "00008": 48.0, "00025": 55.5, "00229": 70.1, "00235": 66.6, "00256": 52.3}


def _row(
    label: str, total: int, loaded: int, linked: int, skipped: int, held: int
) -> tuple[str, int, list[tuple[str, str, int]]]:
    parts = [
        ("loaded", "Nạp mới", loaded),
        ("linked", "Liên kết", linked),
        ("skipped", "Bỏ qua (đã có)", skipped),
        ("quarantined", "Cách ly", held),
    ]
    return label, total, parts


RECONCILIATION = [
    _row("Người bệnh", 412_806, 118_334, 287_911, 4_102, 2_459),
    _row("Lượt khám", 1_986_420, 1_981_903, 0, 2_871, 1_646),
    _row("Xét nghiệm", 8_441_907, 6_011_300, 0, 9_214, 3_877),
]

_IDS = [
    {"label": "CCCD", "value": "001172012345"},
    {"label": "BHYT", "value": "GD4010120456789"},
    {"label": "ĐT", "value": "0912000345"},
]
_BAND = {
    "name": "Nguyễn Thị Hồng Vân",
    "sex": "Nữ",
    "age": "54 tuổi",
    "birth": "12/03/1972",
    "ids": _IDS,
    "place": "Phường Kim Liên, Hà Nội",
}

COLOURS = {
    "canvas": "Nền",
    "surface": "Mặt làm việc",
    "surface-sunken": "Mặt lùi",
    "line-strong": "Đường kẻ",
    "text": "Chữ",
    "text-muted": "Chữ phụ",
    "accent": "Nhấn",
    "accent-soft": "Nhấn nhạt",
    "danger": "Nguy hiểm",
    "danger-soft": "Nguy hiểm nhạt",
    "warning": "Chú ý",
    "warning-soft": "Chú ý nhạt",
    "success": "Xong",
    "success-soft": "Xong nhạt",
}

ICONS = [  # every symbol of icons.svg but the mark
    "search", "qr", "user", "users", "desk", "queue", "stethoscope", "flask", "pill", "wallet", "record", "target",
    "database", "chart", "bell", "alert", "info", "check", "done", "x", "right", "left", "down", "calendar", "clock",
    "print", "phone", "plus", "edit", "filter", "download", "upload", "lock", "menu", "syringe", "building", "sort",
    "link", "split", "eye", "speaker", "heart", "settings", "undo", "copy", "shield", "exit",
]  # fmt: skip

COMPONENTS: dict[str, Any] = {
    "colours": COLOURS,
    "icons": ICONS,
    "bands": [
        _BAND
        | {
            "allergies": ["Penicillin (phản vệ độ II)", "Hải sản"],
            "due": [{"label": "FIT đại trực tràng", "date": "01/11/2026", "url": "#den-han"}],
        },
        _BAND
        | {
            "name": "Đỗ Quang Huy",
            "sex": "Nam",
            "age": "41 tuổi",
            "birth": "05/1985",
            "allergies": [],
            "allergies_asked": True,
            "ids": _IDS[:1],
        },
        _BAND
        | {
            "name": "Bùi Thị Ngà",
            "age": "–",
            "allergies": [],
            "allergies_asked": False,
            "ids": [],
            "deceased": "04/02/2026",
            "birth": "1972",
        },
    ],
    "timeline": [
        {
            "date": "26/08/2026",
            "iso": "2026-08-26",
            "ago": "90 ngày trước",
            "title": "Khám định kỳ đái tháo đường",
            "url": "#d1",
            "text": "HA 132/78. HbA1c 7,1 %. Hẹn 3 tháng.",
            "meta": "PKĐK Kim Liên · BS. Nguyễn Thu Hà",
            "here": True,
        },
        {
            "date": "11/05/2026",
            "iso": "2026-05-11",
            "ago": "6 tháng trước",
            "title": "Đau khớp gối phải sau ngã",
            "url": "#d2",
            "text": "X-quang: không gãy xương.",
            "meta": "Bệnh viện đa khoa Đống Đa · BS. Trần Quốc Việt",
        },
        {
            "date": "2019",
            "iso": "2019",
            "ago": "7 năm trước",
            "title": "Phản vệ độ II sau tiêm penicillin",
            "url": "#d3",
            "meta": "Bệnh viện Bạch Mai · chuyển từ dữ liệu cũ, dòng 48.213",
            "tags": [{"text": "Dị ứng ghi nhận tại đây", "kind": "danger"}],
        },
    ],
    "tickets": [
        {"no": "0141", "who": "Lê Văn Khải", "note": "Nam · 67 · Phòng 3", "wait": "Đang khám", "now": True},
        {
            "no": "0142",
            "who": "Phạm Thu Trang",
            "note": "Nữ · 29 · Phòng 3",
            "wait": "34 phút",
            "late": True,
            "tag": {"text": "Thai 28 tuần", "kind": "accent"},
        },
        {
            "no": "0144",
            "who": "Bùi Thị Ngà",
            "note": "Nữ · 83 · Phòng 3",
            "wait": "19 phút",
            "url": "#0144",
            "tag": {"text": "Ưu tiên ≥ 80", "kind": ""},
        },
    ],
    "stages": [
        {"label": "Nhận tệp", "state": "done", "value": 100, "note": "5 tệp · 9,2 GB · có mã băm"},
        {"label": "Nạp", "state": "now", "value": 69, "note": "69 % · 1.162 / 1.681 khối"},
        {"label": "Đối soát", "state": "", "value": 0, "note": "Chưa bắt đầu"},
    ],
    "tabs": [
        {"label": "Tổng quan", "url": "#t1", "current": True},
        {"label": "Lượt khám", "url": "#t2", "count": 17},
        {"label": "Kết quả", "url": "#t3"},
        {"label": "Ai đã xem", "url": "#t4"},
    ],
    "segments": [
        {"label": "Quá hạn", "url": "#s1", "count": 14, "count_danger": True, "current": True},
        {"label": "7 ngày tới", "url": "#s2", "count": 31},
        {"label": "Đã đóng", "url": "#s3"},
    ],
    "crumbs": [
        {"label": "Tầm soát", "url": "#c1"},
        {"label": "Đợt mời", "url": "#c2"},
        {"label": "Phường Kim Liên, quý IV"},
    ],
    "stats": [
        {"label": "Quá hạn", "value": "14", "note": "lâu nhất 12 ngày", "danger": True},
        {"label": "Đang mở", "value": "219", "note": "trong 571 dương tính"},
        {"label": "Đã kết luận", "value": "65,0", "unit": "%", "note": "371 / 571"},
    ],
    "facts": [
        {"label": "Nhiệt độ", "value": "38,6 °C ↑", "off": True},
        {"label": "Huyết áp", "value": "138/82 mmHg"},
        {"label": "CCCD", "value": "001 172 012 345", "code": True},
        {"label": "Nhóm máu", "value": None},
    ],
    "problems": [
        {"title": "Đái tháo đường típ 2", "url": "#e11", "side": "E11.9", "note": "Từ 2019 · BV Nội tiết Trung ương"},
        {"title": "Đại trực tràng (FIT)", "side": "Đến hạn", "side_kind": "warning", "note": "Lần trước 01/11/2024"},
        {"title": "Vú (nhũ ảnh)", "side": "04/2027", "side_kind": "success", "note": "Lần trước 09/04/2025: BI-RADS 2"},
    ],
    "found": [
        {
            "title": "Nguyễn Thị Hồng Vân",
            "text": "Nữ · 12/03/1972 · Phường Kim Liên",
            "code": "001172012345",
            "url": "#n1",
        },
        {"title": "Lê Hồng Vân", "text": "Nữ · 05/09/1972 · Phường Hà Đông", "url": "#n2"},
    ],
}
