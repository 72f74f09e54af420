"""Staff and what they are where."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget

from registry.admin.base import CommandAdmin, DayFilter, RefusableForm, run_form
from registry.commands import administration
from registry.models import Assignment, Staff
from registry.rules.text import fold

MAX_FOUND = 500


def password_field(label: Any, help_text: Any = "") -> forms.CharField:
    """A field whose content is never sent back."""
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, strip=False, widget=widget, help_text=help_text)


class TwicePassword(forms.Form):
    """A password typed twice; the command knows the rules it must keep."""

    password1 = password_field(_("Mật khẩu"), _("Ít nhất 12 ký tự, không quá phổ biến, không giống tên."))
    password2 = password_field(_("Mật khẩu, gõ lại"))

    def clean(self) -> dict[str, Any]:
        """Both must be the same."""
        cleaned = super().clean() or {}
        if cleaned.get("password1") and cleaned.get("password2") and cleaned["password1"] != cleaned["password2"]:
            self.add_error("password2", _("Hai lần gõ mật khẩu không giống nhau."))
        return cleaned


class NewStaffForm(TwicePassword, RefusableForm):
    """A new account."""

    class Meta:
        model = Staff
        fields = ("username", "full_name", "email", "licence_number")


class AssignmentInline(TabularInline):  # type: ignore[misc]
    """A person's assignments, to look at and to open."""

    model = Assignment
    fields = readonly_fields = ("facility", "role", "department", "room", "valid_from", "valid_to")
    extra = 0
    show_change_link = True
    can_delete = False
    verbose_name_plural = _("phân công")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        """Newest first, in one query."""
        found = super().get_queryset(request).select_related("facility", "department", "room")
        return found.order_by("-valid_from")  # type: ignore[no-any-return]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are made on their own page, where one row is one command."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """See above."""
        return False


@admin.register(Staff)
class StaffAdmin(CommandAdmin):
    """Accounts. Nobody is deleted: an account is switched off, and what it did stays signed by it."""

    list_display = ("username", "full_name", "licence_number", "is_active", "last_login")
    list_display_links = ("username", "full_name")
    list_filter = ("is_active",)
    search_fields = ("username", "full_name")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": (("username", "is_active"), "full_name", ("licence_number", "email"))}),
        (_("Lần dùng"), {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "full_name", ("licence_number", "email"))}),
        (_("Mật khẩu ban đầu"), {"fields": (("password1", "password2"),)}),
    )
    inlines = (AssignmentInline,)
    actions_detail = ("password", "second_factor", "assign")
    save_command: ClassVar[Any] = staticmethod(administration.save_staff_data)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Only a new account asks for a password."""
        if obj is None:
            kwargs["form"] = NewStaffForm
        return super().get_form(request, obj, change, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """A new account has no assignment yet."""
        return self.inlines if obj else ()

    def save_model(self, request: Any, obj: Any, form: Any, change: Any) -> None:
        """Create with a password, change without one."""
        if change:
            super().save_model(request, obj, form, change)
        else:
            administration.create_staff(request.ctx, row=obj, password=form.cleaned_data["password1"])

    def get_search_results(self, request: Any, queryset: QuerySet[Any], term: str) -> Any:
        """Every word must occur in the folded name or the sign-in name; staff of a city are folded as they are read."""
        words = fold(term).split()
        if not words:
            return queryset, False
        people = Staff.objects.values_list("pk", "username", "full_name").iterator()
        found = (
            key for key, username, name in people if all(word in f"{username.lower()} {fold(name)}" for word in words)
        )
        return queryset.filter(pk__in=[key for key, _ in zip(found, range(MAX_FOUND), strict=False)]), False

    @action(description=_("Đặt lại mật khẩu"), url_path="mat-khau", permissions=["change"], icon="lock_reset")  # type: ignore[untyped-decorator]
    def password(self, request: Any, object_id: str) -> HttpResponse:
        """Set another password for somebody who forgot theirs."""
        person = self.get_object(request, object_id)
        if person is None:
            return self.missing(request, object_id)
        form = TwicePassword(request.POST or None)
        if request.method == "POST" and form.is_valid():
            password = form.cleaned_data["password1"]
            ok, _nothing = run_form(
                form, lambda: administration.reset_password(request.ctx, row=person, password=password)
            )
            if ok:
                messages.success(request, _("Đã đặt lại mật khẩu. Các phiên đang mở của người này đã kết thúc."))
                return redirect(self.url("change", object_id))
        return self.page_of_form(
            request,
            _("Đặt lại mật khẩu: %(name)s") % {"name": person.username},
            form,
            original=person,
            submit_label=_("Đặt mật khẩu"),
        )

    @action(description=_("Gỡ xác thực hai lớp"), url_path="hai-lop", permissions=["change"], icon="phonelink_erase")  # type: ignore[untyped-decorator]
    def second_factor(self, request: Any, object_id: str) -> HttpResponse:
        """Help somebody who lost the device: asked first, done by POST only."""
        person = self.get_object(request, object_id)
        if person is None:
            return self.missing(request, object_id)
        form = forms.Form(request.POST if request.method == "POST" else None)
        if form.is_valid():
            ok, _nothing = run_form(form, lambda: administration.reset_second_factor(request.ctx, row=person))
            if ok:
                messages.success(request, _("Đã gỡ. Lần đăng nhập sau, người này thiết lập lại xác thực hai lớp."))
                return redirect(self.url("change", object_id))
        title = _("Gỡ xác thực hai lớp: %(name)s") % {"name": person.username}
        return self.page_of_form(request, title, form, original=person, submit_label=_("Gỡ và kết thúc các phiên"))

    @action(description=_("Thêm phân công"), url_path="phan-cong", permissions=["change"], icon="assignment_ind")  # type: ignore[untyped-decorator]
    def assign(self, request: Any, object_id: str) -> HttpResponse:
        """To the form of a new assignment, with the person filled in."""
        return redirect(f"{AssignmentAdmin(Assignment, self.admin_site).url('add')}?staff={object_id}")


@admin.register(Assignment)
class AssignmentAdmin(CommandAdmin):
    """Staff × facility × role × period: where every right comes from. An assignment ends; it is not deleted."""

    list_display = ("staff", "username", "role", "facility", "room", "valid_from", "valid_to")
    list_filter = ("role", DayFilter)
    search_fields = ("staff__username", "staff__full_name", "facility__code", "facility__name_key")
    list_select_related = ("staff", "facility", "room")
    autocomplete_fields = ("staff", "facility", "department", "room")
    fields = (("staff", "role"), "facility", ("department", "room"), ("valid_from", "valid_to"))
    save_command: ClassVar[Any] = staticmethod(administration.save_staff_data)

    @admin.display(description=_("tên đăng nhập"), ordering="staff__username")
    def username(self, row: Any) -> str:
        """The sign-in name beside the name."""
        return str(row.staff.username)
