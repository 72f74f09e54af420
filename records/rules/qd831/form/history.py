"""The second part of the form: the history of the person and of the family."""

from __future__ import annotations

from dataclasses import dataclass, field

from records.rules.qd831.form.tags import many, tag


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
