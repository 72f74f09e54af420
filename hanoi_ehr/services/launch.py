"""bin/run."""
from __future__ import annotations
from hanoi_ehr.services.installation import Installation
class Launch:
    def __init__(self, installation: Installation, port: int, host: str, check: bool, empty: bool) -> None: ...
    def run(self) -> int: return 1
