"""What the application needs to know of its servers: three addresses and a handful of secrets."""

from __future__ import annotations

from dataclasses import dataclass

from hanoi_ehr.services.credentials import Credentials

DATABASE = "ehr"
APP_ROLE = "ehr_app"
OWNER_ROLE = "ehr_owner"


@dataclass(frozen=True)
class Endpoints:
    """Addresses of the two servers, with passwords inside: never log one whole."""

    database_url: str
    database_owner_url: str
    redis_url: str

    @classmethod
    def embedded(cls, credentials: Credentials, postgres_port: int, valkey_port: int) -> Endpoints:
        """Addresses of the embedded servers on loopback."""
        place = f"127.0.0.1:{postgres_port}/{DATABASE}"
        return cls(
            database_url=f"postgres://{APP_ROLE}:{credentials['EHR_APP_PASSWORD']}@{place}",
            database_owner_url=f"postgres://{OWNER_ROLE}:{credentials['EHR_OWNER_PASSWORD']}@{place}",
            redis_url=f"redis://:{credentials['EHR_VALKEY_PASSWORD']}@127.0.0.1:{valkey_port}/0",
        )

    def environment(self) -> dict[str, str]:
        """The variables that settings read."""
        return {
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": self.database_owner_url,
            "REDIS_URL": self.redis_url,
        }
