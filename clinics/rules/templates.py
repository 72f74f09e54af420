"""Templates of an examination: their specialties, which a room is likely to want, and what may stand in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clinics.rules.diagnoses import normalise_code
from clinics.rules.sheet import Sheet
from records.rules.examination import SYSTEMS
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, clean_note, fold

LONGEST_TEXT = 2_000
LONGEST_NAME = 120
MOST_SERVICES = 20


@dataclass(frozen=True, slots=True)
class Specialty:
    """A specialty of a consulting room: its name, words by which a room or department is recognised (folded)."""

    name: str
    words: tuple[str, ...]


SPECIALTIES: Mapping[str, Specialty] = {
    "general": Specialty("Nội chung, đa khoa", ("noi", "kham chung", "da khoa", "tong hop")),
    "paediatrics": Specialty("Nhi", ("nhi", "tre em")),
    "obstetrics": Specialty("Sản phụ khoa", ("san", "phu khoa", "ba me")),
    "surgery": Specialty("Ngoại", ("ngoai",)),
    "ent": Specialty("Tai mũi họng", ("tai mui hong",)),
    "eyes": Specialty("Mắt", ("mat",)),
    "dental": Specialty("Răng hàm mặt", ("rang",)),
    "dermatology": Specialty("Da liễu", ("da lieu",)),
    "endocrine": Specialty("Nội tiết", ("noi tiet",)),
    "cardiology": Specialty("Tim mạch", ("tim mach",)),
    "traditional": Specialty("Y học cổ truyền", ("co truyen", "yhct")),
}


@dataclass(frozen=True, slots=True)
class TemplateText:
    """What a template says. findings: key of a body system -> words; codes: services to order."""

    specialty: str
    name: str
    course: str = ""
    findings: Mapping[str, str] = field(default_factory=dict)
    main: str = ""
    conclusion: str = ""
    advice: str = ""
    codes: Sequence[str] = ()

    @property
    def sheet(self) -> Sheet:
        """The lines it offers."""
        return Sheet(
            main=self.main, course=self.course, conclusion=self.conclusion, advice=self.advice, findings=self.findings
        )

    @property
    def cleaned(self) -> TemplateText:
        """The same as it is stored."""
        return TemplateText(
            specialty=self.specialty,
            name=clean_line(self.name)[:LONGEST_NAME],
            course=clean_note(self.course),
            findings={key: said for key, text in self.findings.items() if (said := clean_note(text))},
            main=normalise_code(self.main),
            conclusion=clean_note(self.conclusion),
            advice=clean_note(self.advice),
            codes=tuple(dict.fromkeys(code for raw in self.codes if (code := clean_line(raw)))),
        )


def template_faults(said: TemplateText) -> list[Invalid]:
    """Every fault of a cleaned template, each at its field."""
    faults = []
    if not said.name:
        faults.append(Invalid("template-unnamed", "Hãy đặt tên cho mẫu khám.", "name"))
    if said.specialty not in SPECIALTIES:
        faults.append(Invalid("template-specialty", "Hãy chọn chuyên khoa.", "specialty"))
    if not said.sheet.lines and not said.codes:
        faults.append(Invalid("template-empty", "Mẫu chưa có nội dung nào.", "name"))
    if said.findings.keys() - SYSTEMS:
        faults.append(Invalid("system-unknown", "Cơ quan này không có trong phiếu.", "findings"))
    long = [name for name, text in said.sheet.lines.items() if len(text) > LONGEST_TEXT]
    if long:
        at = "findings" if long[0] in SYSTEMS else long[0]
        faults.append(Invalid("text-long", Phrase("Dài quá {most} ký tự.", most=LONGEST_TEXT), at))
    if len(said.codes) > MOST_SERVICES:
        faults.append(Invalid("template-long", Phrase("Nhiều nhất {most} dịch vụ.", most=MOST_SERVICES), "codes"))
    return faults


def likely_specialties(*names: str) -> tuple[str, ...]:
    """The specialties a room or department of these names works in: "Phòng 2 · Nhi" works in paediatrics."""
    text = f" {' '.join(fold(name) for name in names)} ".replace(",", " ").replace("·", " ")
    found = [key for key, one in SPECIALTIES.items() if any(f" {word} " in text for word in one.words)]
    if "endocrine" in found and "general" in found and " noi tong hop " not in text:
        found.remove("general")  # "nội tiết" holds "nội"
    return tuple(found)
