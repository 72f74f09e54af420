"""What the Department of Health keeps by hand: reference data, staff and their assignments, hospitals' clients.

Each command saves or deletes one row, sets the keys derived from it, and leaves one audit row that names the changed fields,
never their values. The database judges what must be unique; its refusals come back in words, at their field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError, Q, QuerySet
from django.utils import timezone
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import AbstractApplication, get_application_model

from registry.commands.sessions import end_sessions
from registry.kernel import Conflict, Context, Permission, Refused, Role, command, record_audit
from registry.models import (
    AdministrativeUnit,
    ApiClient,
    Assignment,
    CodeSystem,
    Concept,
    Department,
    Facility,
    Room,
    Staff,
    UnitSuccession,
)
from registry.rules.code_lists import CodeRow
from registry.rules.names import clean_name, sort_key
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, fold

PERIOD = ("valid_to", "Ngày cuối phải từ ngày đầu trở đi.")
CONSTRAINTS: Mapping[str, tuple[str, str]] = {
    "unit_code_once_a_day": ("code", "Đã có đơn vị cùng cấp mang mã này từ ngày ấy."),
    "unit_period": PERIOD,
    "succession_once": ("successor", "Quan hệ kế thừa này đã có."),
    "facility_code_shape": ("code", "Mã gồm đúng 5 ký tự: chữ số và chữ in hoa."),
    "facility_period": PERIOD,
    "department_code_once": ("code", "Cơ sở đã có khoa mang mã này."),
    "room_code_once": ("code", "Cơ sở đã có buồng khám mang mã này."),
    "concept_once_a_day": ("code", "Danh mục đã có mã này từ ngày ấy."),
    "concept_period": PERIOD,
    "staff_username_any_case": ("username", "Tên đăng nhập đã có người dùng (không phân biệt chữ hoa, chữ thường)."),
    "assignment_once": ("valid_from", "Nhân viên đã có phân công này từ ngày ấy."),
    "assignment_period": PERIOD,
    "restricted_code_once": ("code", "Mã này đã có trong danh sách."),
    "restricted_code_category": ("code", "Mã chẩn đoán ghi theo nhóm 3 ký tự ICD-10, ví dụ B20."),
    "reading_limit_in_order": ("stops_at", "Ngưỡng dừng phải từ ngưỡng báo động trở lên."),
    "reading_limit_some": ("stops_at", "Ngưỡng dừng phải từ 1 trở lên."),
    "access_period_some_days": ("days", "Số ngày phải từ 1 trở lên, hoặc để trống."),
    "consent_purpose_opens_to_a_facility": ("opens_record", "Chỉ mục đích nêu một cơ sở nhận mới mở được hồ sơ."),
    "consent_text_once": ("number", "Mục đích này đã có phiên bản mang số ấy."),
    "consent_text_says_something": ("body", "Hãy ghi nội dung."),
    "coding_rule_period": PERIOD,
    "coding_rule_range": ("last", "Mã cuối phải từ mã đầu trở đi."),
    "coding_rule_names_a_sex": ("sex", "Hãy chọn giới."),
    "coding_rule_names_an_age": ("from_age", "Hãy ghi từ tuổi hoặc dưới tuổi."),
    "coding_rule_sourced": ("source", "Hãy ghi nguồn của quy tắc."),
    "request_term_some_days": ("days", "Số ngày phải từ 1 trở lên."),
}
"""Database constraint -> (field, what to say)."""


@command(Permission.REFERENCE_MANAGE)
def save_reference(ctx: Context, *, row: Model, changed: Sequence[str]) -> None:
    """Save one row of reference data. changed: names of the fields that changed. Refused: at the field it concerns."""
    _save(ctx, row, changed)


@command(Permission.REFERENCE_MANAGE)
def delete_reference(ctx: Context, *, row: Model) -> None:
    """Delete a department or room that nothing points at. Conflict("in-use") otherwise."""
    key = row.pk
    try:
        with transaction.atomic():
            row.delete()
    except (ProtectedError, IntegrityError) as error:
        raise Conflict("in-use", "Không xoá được: đang có dữ liệu dùng mục này.") from error
    record_audit(ctx, "delete", target=(type(row).__name__, key))


@command(Permission.STAFF_MANAGE)
def save_staff_data(ctx: Context, *, row: Staff | Assignment | ApiClient, changed: Sequence[str]) -> None:
    """Save a staff member, an assignment or a hospital's client. Refused: at the field it concerns."""
    if isinstance(row, Staff) and not row.is_active and row.pk == ctx.actor.staff_id:
        raise Refused("own-account", "Không thể tự khoá tài khoản của chính mình.", "is_active")
    _save(ctx, row, changed)


@command(Permission.STAFF_MANAGE)
def create_staff(ctx: Context, *, row: Staff, password: str) -> None:
    """Create somebody who can sign in. Refused: password rules at password1, a taken name at username."""
    _set_password(row, password)
    _save(ctx, row, ("username", "full_name", "email", "licence_number", "password"))


@command(Permission.STAFF_MANAGE)
def reset_password(ctx: Context, *, row: Staff, password: str) -> None:
    """Set another password: open sessions of that person end at their next request. Refused: at password1."""
    _set_password(row, password)
    _save(ctx, row, ("password",))


@command(Permission.STAFF_MANAGE)
def reset_second_factor(ctx: Context, *, row: Staff) -> None:
    """Take the second factor of somebody who lost their device, and end their sessions; the next sign-in sets up another.

    Refused: for oneself (that asks for the password, on one's own page), and where there is none.
    """
    if row.pk == ctx.actor.staff_id:
        raise Refused("own-account", "Hãy tắt xác thực hai lớp của chính mình ở trang tài khoản.")
    removed, _ = Authenticator.objects.filter(user=row).delete()
    if not removed:
        raise Refused("no-second-factor", "Người này chưa bật xác thực hai lớp.")
    end_sessions(row)
    record_audit(ctx, "second-factor-reset", target=("Staff", row.pk))


@command(Permission.STAFF_MANAGE)
def save_application(ctx: Context, *, row: AbstractApplication, changed: Sequence[str]) -> str:
    """Save a hospital's OAuth application: client credentials and nothing else. Returns a new one's secret, "" later."""
    row.client_type = row.CLIENT_CONFIDENTIAL
    row.authorization_grant_type = row.GRANT_CLIENT_CREDENTIALS
    row.redirect_uris, row.hash_client_secret, row.skip_authorization = "", True, False
    secret = "" if row.pk else generate_client_secret()
    if secret:
        row.client_secret = secret
    _save(ctx, row, changed)
    return str(secret)


@command(Permission.STAFF_MANAGE)
def renew_secret(ctx: Context, *, row: AbstractApplication) -> str:
    """Give an application another secret and end its tokens; returns the secret, which is stored hashed only."""
    secret = row.client_secret = generate_client_secret()
    _save(ctx, row, ("client_secret",))
    row.accesstoken_set.all().delete()
    return str(secret)


def _save(ctx: Context, row: Model, changed: Sequence[str]) -> None:
    new = row._state.adding
    derive_keys(row)
    _check(row)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise _in_words(error) from error
    action = "create" if new else "update"
    record_audit(ctx, action, target=(type(row).__name__, row.pk), detail={"fields": sorted(changed)})


def _in_words(error: IntegrityError) -> Refused:
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    field, message = CONSTRAINTS.get(name, (None, "Không lưu được: trùng hoặc trái với dữ liệu đã có."))
    return Conflict("duplicate" if "once" in name or "any_case" in name else "invalid", message, field)


def derive_keys(row: Model) -> None:
    """Clean the texts and set the search and sort keys that people never type."""
    match row:
        case AdministrativeUnit():
            row.name = clean_line(row.name)
            row.name_key = fold(row.name)
        case Facility():
            row.name, row.short_name = clean_line(row.name), clean_line(row.short_name)
            row.name_key = fold(row.name)
        case Concept():
            row.display, row.display_en = clean_line(row.display), clean_line(row.display_en)
            row.search_key = CodeRow(row.code, row.display, row.display_en, row.valid_from).search_key
        case Staff():
            row.full_name = clean_name(row.full_name)
            row.sort_key = sort_key(row.full_name)[:200]
        case Department() | Room() | CodeSystem():
            row.name = clean_line(row.name)


def _check(row: Model) -> None:
    check = CHECKS.get(type(row))
    if check:
        check(row)


def _check_unit(row: AdministrativeUnit) -> None:
    _refuse_overlap(row, AdministrativeUnit.objects.filter(level=row.level, code=row.code), Phrase("Mã này"))


def _check_concept(row: Concept) -> None:
    _refuse_overlap(row, Concept.objects.filter(system=row.system_id, code=row.code), Phrase("Mã này"))


def _check_succession(row: UnitSuccession) -> None:
    if row.former_id == row.successor_id:
        raise Refused("same-unit", "Đơn vị mới phải khác đơn vị cũ.", "successor")
    if row.former.level != row.successor.level:
        raise Refused("other-level", "Đơn vị mới phải cùng cấp với đơn vị cũ.", "successor")


def _check_room(row: Room) -> None:
    if row.department.facility_id != row.facility_id:
        raise Refused("other-facility", "Khoa này không thuộc cơ sở đã chọn.", "department")


def _check_assignment(row: Assignment) -> None:
    if row.department and row.department.facility_id != row.facility_id:
        raise Refused("other-facility", "Khoa này không thuộc cơ sở đã chọn.", "department")
    if row.room and row.room.facility_id != row.facility_id:
        raise Refused("other-facility", "Buồng khám này không thuộc cơ sở đã chọn.", "room")
    if row.role == Role.CITY_ADMINISTRATOR and row.facility.kind != Facility.Kind.AUTHORITY:
        raise Refused("not-authority", "Quản trị Sở Y tế chỉ phân công được tại cơ quan quản lý.", "role")
    same = Assignment.objects.filter(staff=row.staff_id, facility=row.facility_id, role=row.role)
    _refuse_overlap(row, same, Phrase("Phân công này"))
    _refuse_leaving_nobody(row)


def _refuse_leaving_nobody(row: Assignment) -> None:
    """The last administrator stays: nobody else could give the right back."""
    today = timezone.localdate()
    held = Assignment.objects.on(today).filter(role=Role.CITY_ADMINISTRATOR, staff__is_active=True)
    keeps = row.role == Role.CITY_ADMINISTRATOR and _covers(row, today)
    if held.filter(pk=row.pk).exists() and not keeps and not held.exclude(pk=row.pk).exists():
        raise Refused("last-administrator", "Đây là quản trị duy nhất: hãy phân công người khác trước.", "valid_to")


def _covers(row: Assignment, day: date) -> bool:
    return row.valid_from <= day and (row.valid_to is None or row.valid_to >= day)


def _check_client(row: ApiClient) -> None:
    if not get_application_model().objects.filter(client_id=row.client_id).exists():
        raise Refused("unknown-client", "Chưa có khoá kết nối mang mã này.", "client_id")


def _refuse_overlap(row: Any, same: QuerySet[Any], what: Phrase) -> None:
    """One meaning a day: periods of the same thing must not overlap. The same first day is the database's to refuse."""
    others = same.exclude(pk=row.pk).exclude(valid_from=row.valid_from)
    others = others.filter(Q(valid_to=None) | Q(valid_to__gte=row.valid_from))
    if row.valid_to:
        others = others.filter(valid_from__lte=row.valid_to)
    other = others.first()
    if other:
        until = Phrase("chưa có ngày kết thúc")
        if other.valid_to:
            until = Phrase("đến {day}", day=f"{other.valid_to:%d/%m/%Y}")
        template = "{what} đã có hiệu lực từ {day} ({until}): hai khoảng thời gian chồng nhau."
        message = Phrase(template, what=what, day=f"{other.valid_from:%d/%m/%Y}", until=until)
        raise Conflict("overlap", message, "valid_from")


def _set_password(row: Staff, password: str) -> None:
    try:
        validate_password(password, row)
    except ValidationError as error:
        raise Refused.several([Refused("weak-password", text, "password1") for text in error.messages]) from error
    row.set_password(password)


CHECKS: Mapping[type[Model], Callable[[Any], None]] = {
    AdministrativeUnit: _check_unit,
    UnitSuccession: _check_succession,
    Room: _check_room,
    Concept: _check_concept,
    Assignment: _check_assignment,
    ApiClient: _check_client,
}
