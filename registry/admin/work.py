"""Long work and how far it is."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from registry.admin.base import ReadOnlyAdmin
from registry.models import Job


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs to look at."""

    list_display = ("title", "kind", "shown_state", "progress", "facility", "started_by", "started_at", "ended_at")
    list_filter = ("state", "kind")
    list_select_related = ("facility", "started_by")
    search_fields = ("title", "kind")
    fields = (
        ("title", "kind"), ("state", "progress"), "message", ("facility", "started_by"),
        ("started_at", "changed_at", "ended_at"),
    )  # fmt: skip
    readonly_fields = ("progress",)

    @display(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("trạng thái"), label={"running": "info", "done": "success", "failed": "danger"}, ordering="state"
    )
    def shown_state(self, row: Any) -> tuple[str, str]:
        """Running, done or failed, with its colour's key."""
        return row.state, str(row.get_state_display())

    @admin.display(description=_("tiến độ"))
    def progress(self, row: Any) -> str:
        """Finished of all, in parts of a hundred once the total is known."""
        done, total = (f"{number:,}".replace(",", ".") for number in (row.done, row.total))
        return (
            f"{done} / {total} ({row.done * 100 // row.total} %)"
            if row.total
            else _("%(done)s / chưa rõ") % {"done": done}
        )
