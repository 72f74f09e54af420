"""What an uploaded file is, decided by its bytes alone: never by its name, nor by what the sender claims it is.

Five kinds are taken: PDF, JPEG, PNG, WebP and DICOM. A file must be one of them from its first byte to its last: one that
is cut short, that something else is glued to, or that can act (scripts in a PDF) is refused. OWASP ASVS 5.0, 5.2.1-5.2.3.
"""

from records.rules.file_types.kinds import FileKind, Limits, Recognised
from records.rules.file_types.recognise import recognise

__all__ = ["FileKind", "Limits", "Recognised", "recognise"]
