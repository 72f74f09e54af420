"""Templates of an examination: the starter set, a doctor's own, and what is kept by hand in the administration."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

from django.db import IntegrityError, transaction

from clinics.commands.steps import refused, staff_of
from clinics.models import ExaminationTemplate, Visit
from clinics.queries.scope import facility_of, today_of, visit_here
from clinics.queries.services import services_on
from clinics.queries.sheet import get_sheet
from clinics.queries.templates import text_of
from clinics.rules.templates import TemplateText, likely_specialties, template_faults
from registry.commands.reference import Loaded
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from registry.rules.tables import read_tsv

STARTER = Path(__file__).resolve().parent.parent / "data" / "examination_templates.tsv"
MOST_OWN = 100


@command(Permission.DIAGNOSIS_RECORD)
def keep_as_template(ctx: Context, *, visit_id: uuid.UUID, name: str) -> ExaminationTemplate:
    """Keep the visit's sheet and its orders under a name, for this doctor; the same name again replaces what it held.

    The diagnosis goes with it; why this one person came and how it went does not. Raises NotFound, Refused at "name".
    """
    visit = visit_here(ctx, visit_id)
    said = _of_visit(visit, name).cleaned
    faults = [refused(one, "name") for one in template_faults(said)]
    own = ExaminationTemplate.objects.filter(owner_id=staff_of(ctx), facility_id=facility_of(ctx).id, active=True)
    if own.exclude(name=said.name).count() >= MOST_OWN:
        faults.append(Refused("templates-many", Phrase("Đã có {most} mẫu: hãy bỏ bớt.", most=MOST_OWN), "name"))
    if faults:
        raise Refused.several(faults)
    row = _save(ctx, said)
    record_audit(ctx, "update", patient_id=visit.encounter.patient_id, target=("ExaminationTemplate", row.pk))
    return row


@command(Permission.DIAGNOSIS_RECORD)
def change_template(ctx: Context, *, template_id: int, said: TemplateText) -> ExaminationTemplate:
    """Change one of one's own templates. Raises NotFound, Refused at each field of TemplateText, Conflict at "name"."""
    row = _own(ctx, template_id)
    told = said.cleaned
    faults = [refused(one) for one in template_faults(told)]
    known = services_on(ctx, told.codes, today_of(ctx))
    faults += [
        Refused("service-unknown", Phrase("Cơ sở không làm dịch vụ mã {code}.", code=code), "codes")
        for code in told.codes
        if code not in known
    ]
    if faults:
        raise Refused.several(faults)
    for name, value in _columns(told).items():
        setattr(row, name, value)
    row.name = told.name
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict("template-named", "Đã có một mẫu của bạn mang tên này.", "name") from error
    record_audit(ctx, "update", target=("ExaminationTemplate", row.pk))
    return row


@command(Permission.DIAGNOSIS_RECORD)
def drop_template(ctx: Context, *, template_id: int) -> None:
    """Take one of one's own templates off the list. Raises NotFound."""
    row = _own(ctx, template_id)
    ExaminationTemplate.objects.filter(pk=row.pk).update(active=False)
    record_audit(ctx, "delete", target=("ExaminationTemplate", row.pk))


@command(Permission.REFERENCE_MANAGE)
def save_shared_template(ctx: Context, *, row: ExaminationTemplate, changed: Sequence[str]) -> None:
    """Save a template for everybody, or for one facility. Raises Refused at each field, Conflict at "name"."""
    said = text_of(row).cleaned
    faults = [refused(one) for one in template_faults(said)]
    if faults:
        raise Refused.several(faults)
    for name, value in _columns(said).items():
        setattr(row, name, value)
    row.name = said.name
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict("template-named", "Đã có một mẫu dùng chung mang tên này.", "name") from error
    record_audit(ctx, "update", target=("ExaminationTemplate", row.pk), detail={"fields": sorted(changed)})


@command(Permission.REFERENCE_MANAGE)
def load_templates(ctx: Context, *, rows: Sequence[dict[str, str]]) -> Loaded:
    """Add templates for everybody that are not there yet; what was changed or switched off by hand stays as it is.

    rows: columns of clinics/data/examination_templates.tsv. Raises Refused(reference-file) naming the faulty template.
    """
    known = set(ExaminationTemplate.objects.filter(facility=None, owner=None).values_list("name", flat=True))
    fresh = []
    for row in rows:
        said = read_template(row).cleaned
        faults = template_faults(said)
        if faults:
            told = Phrase("examination_templates.tsv, {name}: {fault}", name=said.name, fault=faults[0].message)
            raise Refused("reference-file", told)
        if said.name not in known:
            fresh.append(ExaminationTemplate(name=said.name, source=row["source"], **_columns(said)))
    ExaminationTemplate.objects.bulk_create(fresh)
    record_audit(ctx, "load", target=("reference", "examination_templates"), detail={"added": len(fresh)})
    return Loaded(added=len(fresh), unchanged=len(rows) - len(fresh))


def load_own_templates(ctx: Context) -> Loaded:
    """The starter set the repository carries; for settings.REFERENCE_LOADERS."""
    return load_templates(ctx, rows=read_tsv(STARTER))


def read_template(row: dict[str, str]) -> TemplateText:
    """A line of the starter: findings as "key=words | key=words", codes between semicolons."""
    pairs = (part.partition("=") for part in row["findings"].split("|") if part.strip())
    return TemplateText(
        specialty=row["specialty"],
        name=row["name"],
        course=row["course"],
        findings={key.strip(): text.strip() for key, _, text in pairs},
        main=row["main"],
        conclusion=row["conclusion"],
        advice=row["advice"],
        codes=tuple(code.strip() for code in row["codes"].split(";")),
    )


def _of_visit(visit: Visit, name: str) -> TemplateText:
    """What the visit's sheet and orders would offer again."""
    sheet = get_sheet(visit)
    specialty = next(iter(likely_specialties(visit.room.name, visit.room.department.name)), "general")
    codes = visit.orders.exclude(items__state="cancelled").values_list("items__service__code", flat=True)
    return TemplateText(
        specialty, name, "", sheet.findings, sheet.main, sheet.conclusion, sheet.advice,
        tuple(code for code in codes.order_by("items__pk") if code),
    )  # fmt: skip


def _save(ctx: Context, said: TemplateText) -> ExaminationTemplate:
    """In a transaction of its own, so that two tabs that keep the same name do not both create it."""
    try:
        with transaction.atomic():
            row, _ = ExaminationTemplate.objects.update_or_create(
                facility_id=facility_of(ctx).id, owner_id=staff_of(ctx), name=said.name, active=True,
                defaults=_columns(said),
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("template-named", "Vừa có một mẫu cùng tên được lưu. Hãy thử lại.", "name") from error
    return row


def _columns(said: TemplateText) -> dict[str, object]:
    return {
        "specialty": said.specialty, "course": said.course, "findings": dict(said.findings), "main": said.main,
        "conclusion": said.conclusion, "advice": said.advice, "codes": list(said.codes),
    }  # fmt: skip


def _own(ctx: Context, template_id: int) -> ExaminationTemplate:
    own = ExaminationTemplate.objects.filter(owner_id=staff_of(ctx), facility_id=facility_of(ctx).id, active=True)
    row = own.filter(pk=template_id).first()
    if row is None:
        raise NotFound("Không tìm thấy mẫu khám này.", "no-such-template")
    return row
