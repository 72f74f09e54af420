"""Settings of the test run: the project's own, told that this is a test. Services come from the environment (bin/test)."""

import os

os.environ["EHR_ENV"] = "test"
os.environ["EHR_DEMO"] = "0"
os.environ["DJANGO_DEBUG"] = "0"
os.environ["SECURE_SSL"] = "0"
os.environ.setdefault("SECRET_KEY", "test-only-" + "k" * 60)
os.environ.setdefault("AUDIT_SEAL_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in the test's thread

from hanoi_ehr.settings import *  # noqa: F403
