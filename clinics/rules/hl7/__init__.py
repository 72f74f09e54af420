"""Reading HL7 v2 result messages (ORU^R01, 2.3 to 2.8) as analysers and laboratory systems write them to files.

Separators come from MSH, segments end with CR (or LF, or both), MLLP frames and batch headers are taken off. Escapes: HL7
v2.5.1 chapter 2.7. Nothing is guessed: what cannot be read is said with its segment's number, counted from 1.
"""

from clinics.rules.hl7.answers import acknowledgement, escape
from clinics.rules.hl7.files import MOST_MESSAGES, Raw, decode, split_file
from clinics.rules.hl7.results import CORRECTED, FINAL, Group, Head, Message, Observed, read_head, read_message
from clinics.rules.hl7.segments import Segment, Separators, read_segments, unescape
from clinics.rules.hl7.units import same_unit

__all__ = [
    "CORRECTED",
    "FINAL",
    "MOST_MESSAGES",
    "Group",
    "Head",
    "Message",
    "Observed",
    "Raw",
    "Segment",
    "Separators",
    "acknowledgement",
    "decode",
    "escape",
    "read_head",
    "read_message",
    "read_segments",
    "same_unit",
    "split_file",
    "unescape",
]
