"""Tables of legacy imports."""

from migration.models.batches import ChunkTable, ImportBatch, ImportChunk
from migration.models.outcomes import Quarantine, Receipt
from migration.models.sources import MappingProfile, Source

__all__ = ["ChunkTable", "ImportBatch", "ImportChunk", "MappingProfile", "Quarantine", "Receipt", "Source"]
