"""The acknowledgement that the sender is given."""

from __future__ import annotations

from clinics.rules.hl7.results import Head
from registry.rules.text import clean_line


def escape(text: str) -> str:
    """Text as a field of our own answers."""
    told = clean_line(text)
    for sign, code in (("\\", "E"), ("|", "F"), ("^", "S"), ("&", "T"), ("~", "R")):
        told = told.replace(sign, f"\\{code}\\")
    return told


def acknowledgement(head: Head, *, own_facility: str, own_id: str, at: str, outcome: str, text: str) -> str:
    """The answer to a message: MSH and MSA, segments ending with CR. at: yyyyMMddHHmmss; outcome: AA, AE, AR."""
    sent_to = f"{escape(head.application)}|{escape(head.facility)}"
    version = escape(head.version) or "2.5"
    first = f"MSH|^~\\&|HANOI-EHR|{escape(own_facility)}|{sent_to}|{at}||ACK^R01^ACK|{escape(own_id)}|P|{version}"
    first += "||||||UNICODE UTF-8"
    return f"{first}\rMSA|{outcome}|{escape(head.control_id)}|{escape(text)}\r"
