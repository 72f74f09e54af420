"""QĐ 831 part 4: the body systems a doctor examines, with the tags of the form's XML, and what may be written.

Names and order after the tags of the 2026 provincial client (KHAM…); the wording of the annex was not seen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, clean_note

NORMAL = "Bình thường"
LONGEST_FINDING = 2000
LONGEST_NOTE = 5000
LONGEST_SIGHT = 40
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class BodySystem:
    """One line of the form: our key, its XML tag, its name, the group it stands in; women: asked of women only."""

    key: str
    tag: str
    name: str
    group: str
    women: bool = False


_GENERAL, _INTERNAL, _SPECIAL = Phrase("Toàn thân"), Phrase("Cơ quan"), Phrase("Chuyên khoa")
SYSTEMS: Mapping[str, BodySystem] = {
    one.key: one
    for one in (
        BodySystem("skin", "KHAMDA", "Da", _GENERAL),
        BodySystem("mucosa", "KHAMNIEMMAC", "Niêm mạc", _GENERAL),
        BodySystem("general", "KHAMTOANTHANKHAC", "Toàn thân khác", _GENERAL),
        BodySystem("cardiovascular", "KHAMTIMMACH", "Tim mạch", _INTERNAL),
        BodySystem("respiratory", "KHAMHOHAP", "Hô hấp", _INTERNAL),
        BodySystem("digestive", "KHAMTIEUHOA", "Tiêu hoá", _INTERNAL),
        BodySystem("urinary", "KHAMTIETNIEU", "Tiết niệu", _INTERNAL),
        BodySystem("musculoskeletal", "KHAMCOXUONGKHOP", "Cơ xương khớp", _INTERNAL),
        BodySystem("endocrine", "KHAMNOITIET", "Nội tiết", _INTERNAL),
        BodySystem("neurological", "KHAMTHANKINH", "Thần kinh", _INTERNAL),
        BodySystem("mental", "KHAMTAMTHAN", "Tâm thần", _INTERNAL),
        BodySystem("surgical", "KHAMNGOAIKHOA", "Ngoại khoa", _SPECIAL),
        BodySystem("gynaecological", "KHAMPHUKHOA", "Phụ khoa", _SPECIAL, women=True),
        BodySystem("ent", "KHAMTAIMUIHONG", "Tai mũi họng", _SPECIAL),
        BodySystem("dental", "KHAMRHM", "Răng hàm mặt", _SPECIAL),
        BodySystem("eyes", "KHAMMAT", "Mắt", _SPECIAL),
        BodySystem("dermatological", "KHAMDALIEU", "Da liễu", _SPECIAL),
        BodySystem("nutrition", "KHAMDINHDUONG", "Dinh dưỡng", _SPECIAL),
        BodySystem("motor", "KHAMVANDONG", "Vận động", _SPECIAL),
        BodySystem("development", "TC_TT_VD", "Thể chất, tinh thần, vận động", _SPECIAL),
        BodySystem("other", "KHAC", "Khác", _SPECIAL),
    )
}


@dataclass(frozen=True, slots=True)
class Sight:
    """One line about the eyes' sight, kept as an observation in words."""

    code: str
    tag: str
    name: str


SIGHT: Mapping[str, Sight] = {
    "vision_right": Sight("vision-right", "MATPHAI", "Thị lực mắt phải"),
    "vision_left": Sight("vision-left", "MATTRAI", "Thị lực mắt trái"),
    "glasses": Sight("vision-glasses", "SUDUNGKINH", "Dùng kính"),
}


@dataclass(frozen=True, slots=True)
class Examination:
    """What is said about one encounter. Only what is given is written; course and advice are None when not touched.

    findings: key of SYSTEMS -> words; readings: key of records.rules.vitals.VITALS -> number; sight: key of SIGHT -> words.
    """

    findings: Mapping[str, str] = field(default_factory=dict)
    readings: Mapping[str, Decimal] = field(default_factory=dict)
    sight: Mapping[str, str] = field(default_factory=dict)
    course: str | None = None
    advice: str | None = None

    @property
    def cleaned(self) -> Examination:
        """The same with texts as they are stored."""
        return Examination(
            {key: clean_note(text) for key, text in self.findings.items()},
            self.readings,
            {key: clean_line(text) for key, text in self.sight.items()},
            None if self.course is None else clean_note(self.course),
            None if self.advice is None else clean_note(self.advice),
        )


def systems_asked(sex: str, found: Collection[str] = ()) -> tuple[BodySystem, ...]:
    """The systems asked of somebody of this sex, in the form's order, and those already found (keys of SYSTEMS)."""
    return tuple(one for one in SYSTEMS.values() if not (one.women and sex == "male" and one.key not in found))


def is_normal(text: str) -> bool:
    """Whether the words say no more than that nothing was found."""
    return text.rstrip(" .").casefold() == NORMAL.casefold()


def examination_faults(said: Examination, sex: str) -> list[Invalid]:
    """Every fault, each at the key of the system, sight line or note it belongs to."""
    faults = [
        Invalid("system-unknown", "Cơ quan này không có trong phiếu.", key) for key in said.findings.keys() - SYSTEMS
    ]
    faults += [Invalid("sight-unknown", "Mục này không có trong phiếu.", key) for key in said.sight.keys() - SIGHT]
    for key, text in said.findings.items():
        system = SYSTEMS.get(key)
        if system and system.women and sex == "male" and text:
            faults.append(Invalid("system-sex", "Mục phụ khoa không dùng cho nam.", key))
    limits = [
        *((key, text, LONGEST_FINDING) for key, text in said.findings.items()),
        *((key, text, LONGEST_SIGHT) for key, text in said.sight.items()),
        ("course", said.course or "", LONGEST_NOTE),
        ("advice", said.advice or "", LONGEST_NOTE),
    ]
    return faults + [
        Invalid("text-long", Phrase("Dài quá {most} ký tự.", most=most), key)
        for key, text, most in limits
        if len(text) > most
    ]
