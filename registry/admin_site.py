"""The admin's site: signed in through the house's own login (TOTP), refused through the house's own pages, audited alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from registry.kernel import Forbidden, record_refusal

View = Callable[..., Any]


class StaffAdminSite(UnfoldAdminSite):  # type: ignore[misc]
    """Unfold's site. Who is signed in without a right here gets our 403 and one audit row, never a second login form."""

    index_title = _("Quản trị dữ liệu dùng chung")
    enable_nav_sidebar = True

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Every page of the admin passes here."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_authenticated and not self.has_permission(request):
                refuse(request)
            try:
                return inner(request, *args, **kwargs)
            except PermissionDenied:
                refuse(request)

        return update_wrapper(guarded, inner)

    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one way in, with the second factor."""
        target = request.GET.get("next", "")
        safe = target.startswith(reverse("admin:index"))
        return redirect(
            f"{reverse('account_login')}?{urlencode({'next': target if safe else reverse('admin:index')}, safe='/')}"
        )

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Out, and back to the login page."""
        logout(request)
        return redirect("account_login")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One's own password is changed where everybody's is."""
        return redirect("account_change_password")

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> HttpResponse:
        """The lists are grouped by work, not by program: one page shows them all."""
        return redirect("admin:index")


def refuse(request: Any) -> None:
    """Write the one row of the refused try, then answer with our page."""
    refusal = Forbidden(
        "permission-denied",
        "Tài khoản hoặc vai trò đang chọn của bạn không có quyền làm việc này trong trang quản trị.",
    )
    record_refusal(request.ctx, refusal)
    raise refusal
