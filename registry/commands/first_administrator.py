"""The first administrator of a new installation: everybody else is made in the admin, by them."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.models import Assignment, Facility, Staff
from registry.rules.names import sort_key
from registry.rules.permissions import Role
from registry.rules.phrases import Phrase


@command(Permission.STAFF_MANAGE)
def create_administrator(ctx: Context, *, username: str, full_name: str, password: str, facility_code: str) -> Staff:
    """A city administrator at an existing facility. Raises NotFound, Conflict (name taken) or Refused (weak password)."""
    facility = Facility.objects.filter(code=facility_code).first()
    if facility is None:
        raise NotFound(
            Phrase(
                "Chưa có cơ sở mã {code}. Hãy nạp danh mục bằng load_reference hoặc chọn mã khác.", code=facility_code
            )
        )
    if Staff.objects.filter(username__iexact=username).exists():
        raise Conflict("username-taken", "Tên đăng nhập này đã có người dùng.", "username")
    try:
        validate_password(password, Staff(username=username, full_name=full_name))
    except ValidationError as error:
        raise Refused("weak-password", " ".join(error.messages), "password") from error
    person = Staff.objects.create_user(username, password, full_name=full_name, sort_key=sort_key(full_name))
    Assignment.objects.create(staff=person, facility=facility, role=Role.CITY_ADMINISTRATOR, valid_from=ctx.at.date())
    record_audit(ctx, "create", target=("Staff", person.pk))
    return person
