"""Tables of legacy imports."""

from migration.models.batches import ChunkMoney, ChunkTable, ImportBatch, ImportChunk
from migration.models.outcomes import ControlTotal, Quarantine, Receipt, Reversal, SignOff
from migration.models.sources import MappingProfile, Source

__all__ = [
    "ChunkMoney",
    "ChunkTable",
    "ControlTotal",
    "ImportBatch",
    "ImportChunk",
    "MappingProfile",
    "Quarantine",
    "Receipt",
    "Reversal",
    "SignOff",
    "Source",
]
