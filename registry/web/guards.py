"""Guards of pages that show a form before any command runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse

from registry.kernel import Permission, require


def needs(permission: Permission) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Refuse the page to whoever could not send its form; the refusal is audited by the middleware."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            require(request.ctx, permission)
            return view(request, *args, **kwargs)

        return guarded

    return decorate
