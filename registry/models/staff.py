"""Staff: the people who sign in, and what they are at which facility for how long."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.models.base import Period, PeriodQuerySet
from registry.models.facilities import Department, Facility, Room
from registry.rules.permissions import ROLE_NAMES, Permission, Role, permissions_of

ADMIN_RIGHTS: dict[str, tuple[Permission, frozenset[str]]] = {
    "administrativeunit": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "unitsuccession": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "facility": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "department": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change", "delete"})),
    "room": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change", "delete"})),
    "codesystem": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "concept": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "staff": (Permission.STAFF_MANAGE, frozenset({"view", "add", "change"})),
    "assignment": (Permission.STAFF_MANAGE, frozenset({"view", "add", "change"})),
    "apiclient": (Permission.STAFF_MANAGE, frozenset({"view", "add", "change"})),
    "application": (Permission.STAFF_MANAGE, frozenset({"view", "add", "change"})),
    "auditevent": (Permission.AUDIT_READ, frozenset({"view"})),
    "auditseal": (Permission.AUDIT_READ, frozenset({"view"})),
    "job": (Permission.IMPORT_READ, frozenset({"view"})),
    "programme": (Permission.REFERENCE_MANAGE, frozenset({"view"})),
    "programmeversion": (Permission.REFERENCE_MANAGE, frozenset({"view", "change"})),
    "mappingprofile": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "accessperiod": (Permission.REFERENCE_MANAGE, frozenset({"view", "change"})),
    "restrictedcode": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "readinglimit": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "linkagemodel": (Permission.REFERENCE_MANAGE, frozenset({"view", "change"})),
    "consentpurpose": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "consenttext": (Permission.REFERENCE_MANAGE, frozenset({"view", "add"})),
    "requestterm": (Permission.REFERENCE_MANAGE, frozenset({"view", "change"})),
    "publicholiday": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "retentionclass": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "importbatch": (Permission.IMPORT_READ, frozenset({"view"})),
    "examinationtemplate": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "codingrule": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
    "bed": (Permission.REFERENCE_MANAGE, frozenset({"view", "add", "change"})),
}
"""Model in the admin -> the permission it needs and what may be done there. What is not listed is closed."""


class StaffManager(BaseUserManager["Staff"]):
    """Creates staff with a hashed password."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> Staff:
        """A staff member who can sign in; password None makes an account that cannot yet."""
        staff = self.model(username=self.model.normalize_username(username), **fields)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff

    def get_by_natural_key(self, username: str | None) -> Staff:
        """Sign-in names do not distinguish case."""
        return self.get(username__iexact=username)


class Staff(AbstractBaseUser):
    """A person who works in the system (FHIR Practitioner). Rights come from assignments, never from this row."""

    username = models.CharField(_("tên đăng nhập"), max_length=60, unique=True)
    full_name = models.CharField(_("họ và tên"), max_length=120)
    sort_key = models.CharField(max_length=200, blank=True)
    email = models.EmailField(_("thư điện tử"), blank=True)
    licence_number = models.CharField(_("số giấy phép hành nghề"), max_length=40, blank=True)
    is_active = models.BooleanField(_("đang hoạt động"), default=True)
    date_joined = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    objects: ClassVar[StaffManager] = StaffManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = _("nhân viên")
        verbose_name_plural = _("nhân viên")
        ordering = ["sort_key", "username"]
        constraints = [models.UniqueConstraint(models.functions.Lower("username"), name="staff_username_any_case")]

    def __str__(self) -> str:
        return self.full_name

    def get_full_name(self) -> str:
        """The name people read."""
        return self.full_name

    def get_short_name(self) -> str:
        """The sign-in name, which logs may carry."""
        return self.username

    # Django's admin asks these; the answer comes from today's assignments.
    admin_permissions: frozenset[Permission] = frozenset()

    @property
    def is_staff(self) -> bool:
        """Whether the admin opens at all."""
        return self.is_active and bool(self.admin_permissions)

    @property
    def is_superuser(self) -> bool:
        """Nobody is: every right has a name."""
        return False

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """The admin's question "app.action_model", answered from ADMIN_RIGHTS."""
        action, _, model = perm.rpartition(".")[2].partition("_")
        needed, actions = ADMIN_RIGHTS.get(model, (None, frozenset()))
        return self.is_active and needed in self.admin_permissions and action in actions

    def has_perms(self, perm_list: Any, obj: object = None) -> bool:
        """All of them."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether any model of the app may be seen; the admin filters the rest itself."""
        return self.is_active and bool(self.admin_permissions)


class Assignment(Period):
    """Staff × facility × role × period (FHIR PractitionerRole)."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("nhân viên"))
    facility = models.ForeignKey(
        Facility, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("cơ sở y tế")
    )
    role = models.CharField(
        _("vai trò"), max_length=30, choices=[(r.value, _(ROLE_NAMES[r])) for r in Role if r is not Role.SYSTEM]
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("khoa, phòng")
    )
    room = models.ForeignKey(
        Room, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("buồng khám")
    )

    objects = PeriodQuerySet["Assignment"].as_manager()

    class Meta:
        verbose_name = _("phân công")
        verbose_name_plural = _("phân công")
        ordering = ["staff", "facility"]
        constraints = [
            models.UniqueConstraint(fields=["staff", "facility", "role", "valid_from"], name="assignment_once"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="assignment_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff} · {self.get_role_display()}"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the role carries."""
        return permissions_of(self.role)


class ApiClient(models.Model):
    """Which facility an OAuth application acts for, by its client_id. The secret lives, hashed, with the OAuth toolkit."""

    client_id = models.CharField(_("mã hệ thống (client_id)"), max_length=100, unique=True)
    facility = models.ForeignKey(
        Facility, on_delete=models.PROTECT, related_name="api_clients", verbose_name=_("cơ sở y tế")
    )
    active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("hệ thống kết nối")
        verbose_name_plural = _("hệ thống kết nối")

    def __str__(self) -> str:
        return f"{self.facility.code} · {self.client_id}"
