"""The bare application to compare with: Django's security middleware, no sessions, no sign-in, two views."""

from hanoi_ehr.settings import *  # noqa: F403 - a variation of the real settings

ROOT_URLCONF = "benchmarks.bare"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "csp",
    "pghistory",
    "pgtrigger",
    "registry",
    "records",
]
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"  # noqa: F405 - Django as it comes
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
