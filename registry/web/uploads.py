"""How uploaded files reach the disk: block by block, and never more of one than any form takes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Write to a temporary file until UPLOAD_MAX_BYTES, then read on without keeping.

    The file still says its whole size, so that the command refuses it in its own words at its own field.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> Any:
        """Keep the block, or let it pass."""
        if start + len(raw_data) <= settings.UPLOAD_MAX_BYTES:
            super().receive_data_chunk(raw_data, start)
