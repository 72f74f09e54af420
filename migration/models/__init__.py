"""Tables of legacy imports."""

from migration.models.batches import ChunkMoney, ChunkTable, ImportBatch, ImportChunk
from migration.models.outcomes import Quarantine, Receipt
from migration.models.sources import MappingProfile, Source

__all__ = [
    "ChunkMoney",
    "ChunkTable",
    "ImportBatch",
    "ImportChunk",
    "MappingProfile",
    "Quarantine",
    "Receipt",
    "Source",
]
