"""Settings. Everything that differs between machines comes from the environment; .env.example documents each variable."""

from __future__ import annotations

import os
from pathlib import Path

import environ
import pghistory
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from hanoi_ehr import production
from hanoi_ehr.admin_site import UNFOLD  # noqa: F401 - read by django-unfold
from hanoi_ehr.logging import LOGGING, configure_structlog  # noqa: F401 - LOGGING is read by Django

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

EHR_ENV = env.str("EHR_ENV", default="production")
if EHR_ENV == "production" and (faults := production.check(os.environ)):
    raise ImproperlyConfigured("\n".join(["Cấu hình chưa an toàn / unsafe configuration:", *faults]))

DEBUG = env.bool("DJANGO_DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
AUDIT_SEAL_KEY = env.str("AUDIT_SEAL_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
EHR_VAR = Path(env.str("EHR_VAR", default=str(BASE_DIR / "var"))).resolve()
EHR_DEMO = env.bool("EHR_DEMO", default=False)
EHR_DEMO_PASSWORD = env.str("EHR_DEMO_PASSWORD", default="")
EHR_BASE_URL = env.str("EHR_BASE_URL", default="http://127.0.0.1:8000")

INSTALLED_APPS = [
    "hanoi_ehr",
    "django.forms",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "registry.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "oauth2_provider",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "pghistory",
    "pgtrigger",
    "django_celery_beat",
    "registry",
    "records",
    "clinics",
    "screening",
    "migration",
]

MIDDLEWARE = [
    "registry.web.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "registry.web.middleware.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # below the headers: files carry them too
    "django.contrib.sessions.middleware.SessionMiddleware",
    "registry.web.middleware.VietnameseFirstMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "registry.web.middleware.ContextMiddleware",
    "registry.web.middleware.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "hanoi_ehr.urls"
WSGI_APPLICATION = "hanoi_ehr.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "registry.web.shell.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "hanoi_ehr.templatetags.ui",
            ],
        },
    },
]

# The application's role owns nothing; `migrate` alone connects as the owner (registry/management/commands/migrate.py).
DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"] |= {
    "ENGINE": "hanoi_ehr.database",
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        "connect_timeout": 5,
        "options": "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000",
    },
}
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# History rows carry who, where and which request inside themselves, so no shared table needs UPDATE.
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_CONTEXT_ID_FIELD = pghistory.ContextUUIDField()
PGHISTORY_APPEND_ONLY = True

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {  # shared by all web workers: a used TOTP code is used everywhere
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "ehr"}
}
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"migration.tasks.*": {"queue": "import"}}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,  # much longer than the longest chunk; redelivery while running would double the work
    "unacked_restore_interval": 10,
    "socket_connect_timeout": 3,
    "socket_timeout": 10,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "Asia/Ho_Chi_Minh"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "seal the audit trail": {"task": "registry.tasks.seal_audit", "schedule": 60.0},
    "make the audit trail's coming months": {"task": "registry.tasks.prepare_audit_months", "schedule": 86_400.0},
    "look for accounts that read too many records": {"task": "records.tasks.sweep_readings", "schedule": 300.0},
    "sweep the outbox": {"task": "registry.tasks.sweep_outbox", "schedule": 60.0},
    "scan papers in quarantine": {"task": "records.tasks.scan_documents", "schedule": 300.0},
    "sweep files that nothing names": {"task": "records.tasks.sweep_files", "schedule": 86_400.0},
    "sweep import files that nothing names": {"task": "migration.tasks.sweep_files", "schedule": 86_400.0},
    "sweep abandoned import chunks": {"task": "migration.tasks.sweep_chunks", "schedule": 60.0},
    "find duplicate residents": {"task": "records.tasks.find_duplicates", "schedule": 86_400.0},
    "send screening invitations": {"task": "screening.tasks.send_invitations", "schedule": 300.0},
    "follow up screening invitations": {"task": "screening.tasks.follow_up_invitations", "schedule": 3_600.0},
    "sweep screening duties": {"task": "screening.tasks.sweep_duties", "schedule": 3_600.0},
    "take results of clinics into screening": {"task": "screening.tasks.sweep_results", "schedule": 86_400.0},
}

# Sideways needs go through names, as middleware does: siblings stay blind to each other.
RECORD_LISTENERS: dict[str, list[str]] = {
    "procedure.recorded": ["screening.tasks.procedure_recorded"],
    "appointment.missed": ["screening.tasks.appointment_missed"],
    "observation.recorded": ["screening.tasks.observation_recorded"],
    "patient.merged": ["screening.tasks.identity_changed"],
    "patient.unmerged": ["screening.tasks.identity_changed"],
    "record.moved": ["screening.tasks.identity_changed"],
    "emergency.opened": ["records.tasks.emergency_opened"],
    "visit.moved": ["clinics.tasks.care_changed"],
    "order.placed": ["clinics.tasks.care_changed"],
    "order.cancelled": ["clinics.tasks.care_changed"],
    "prescription.signed": ["clinics.tasks.care_changed"],
    "prescription.ended": ["clinics.tasks.care_changed"],
    "medicine.dispensed": ["clinics.tasks.care_changed"],
    "medicine.returned": ["clinics.tasks.care_changed"],
}
PATIENT_PANELS: list[str] = [
    "records.queries.immunisation.immunisation_panel",
    "screening.queries.panels.screening_panel",
    "clinics.queries.panels.booking_panel",
]
# What the desk says is due when somebody comes: (RecordAccess) -> tuple of records.queries.panels.Due.
DUE_AT_ARRIVAL: list[str] = ["screening.queries.panels.due_at_arrival"]
REFERENCE_LOADERS: dict[str, str] = {
    "immunisation_schedule": "records.commands.schedules.load_own_schedule",
    "linkage_model": "records.commands.linkage_models.load_own_model",
    "formulary": "clinics.commands.formulary.load_own_formulary",
    "safety": "clinics.commands.safety_sets.load_own_safety_set",
    "services": "clinics.commands.services.load_own_services",
    "base_salary": "clinics.commands.price_lists.load_own_base_salaries",
    "coding_rules": "clinics.commands.coding.load_own_coding_rules",
    "examination_templates": "clinics.commands.examination_templates.load_own_templates",
}
TIMELINE_SOURCES: dict[str, str] = {"screening": "screening.queries.timeline.screening_entries"}  # kind -> reader
REFUSAL_PAGES: dict[str, str] = {
    "record-closed": "records.web.emergency.closed_page",
    "record-restricted": "records.web.emergency.closed_page",
    "reading-limit": "records.web.emergency.closed_page",
}

AUTH_USER_MODEL = "registry.Staff"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "registry.web.sign_in.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = False  # axes locks out by account and address, for every face alike
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Hanoi EHR"
MFA_TOTP_TOLERANCE = 1  # a code typed while the next one appears still counts: one step, as RFC 6238 section 5.2 allows
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "errors/locked_out.html"
AXES_VERBOSE = False
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_IDLE_SECONDS = 45 * 60
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "registry.web.errors.csrf_failure"

SECURE_SSL = env.bool("SECURE_SSL", default=EHR_ENV == "production")
SECURE_SSL_REDIRECT = SECURE_SSL
SECURE_REDIRECT_EXEMPT = [r"^suc-khoe/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = SECURE_SSL
CSRF_COOKIE_SECURE = SECURE_SSL
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = ["registry.web.uploads.BoundedUploadHandler"]
IMPORT_MAX_BYTES = 150 * 1024 * 1024  # GIAMDINHHS files up to 100 MB are seen in the field
TABLES_MAX_BYTES = 4 * 1024 * 1024 * 1024  # a hospital's whole list, or several rounds of screening for every resident
# A batch stops itself when at least so many of its records, and more than this share of those read, are in quarantine.
IMPORT_STOP_ROWS = env.int("EHR_IMPORT_STOP_ROWS", default=500)
IMPORT_STOP_SHARE = env.float("EHR_IMPORT_STOP_SHARE", default=0.3)
DOCUMENT_MAX_BYTES = env.int("EHR_DOCUMENT_MAX_MB", default=25) * 1024 * 1024  # PDF and pictures
DICOM_MAX_BYTES = env.int("EHR_DICOM_MAX_MB", default=300) * 1024 * 1024
IMAGE_MAX_PIXELS = env.int("EHR_IMAGE_MAX_MEGAPIXELS", default=100) * 1_000_000
UPLOAD_MAX_BYTES = max(IMPORT_MAX_BYTES, DOCUMENT_MAX_BYTES, DICOM_MAX_BYTES)  # no more of a file reaches the disk
# Which virus scanner looks at uploaded papers: a function (path) -> Verdict of records.scanners; empty means none.
CLAMD_ADDRESS = env.str("EHR_CLAMD", default="")
CLAMD_SECONDS = env.float("EHR_CLAMD_SECONDS", default=20.0)
DOCUMENT_SCANNER = env.str("EHR_DOCUMENT_SCANNER", default="records.scanners.clamd.scan" if CLAMD_ADDRESS else "")
MEDIA_ROOT = EHR_VAR / "files"
# What sends screening's messages: a class of screening.senders. Files by default, so that nothing leaves by accident.
SCREENING_SENDER = env.str("EHR_SCREENING_SENDER", default="screening.senders.local.FileSender")
SCREENING_OUTBOX = EHR_VAR / "tin-nhan"
SCREENING_GATEWAY_URL = env.str("EHR_SCREENING_GATEWAY_URL", default="")
SCREENING_GATEWAY_TOKEN = env.str("EHR_SCREENING_GATEWAY_TOKEN", default="")
SCREENING_GATEWAY_SECONDS = env.float("EHR_SCREENING_GATEWAY_SECONDS", default=5.0)
SCREENING_GATEWAY_PAUSE = env.float("EHR_SCREENING_GATEWAY_PAUSE", default=0.5)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-src": [SELF],  # printed forms and papers of a record, shown in the page
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
# Paths under which a third party's page needs more; HeadersMiddleware applies them there only.
CSP_RELAXED = {
    "/quan-tri/": {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]},
    "/api/tai-lieu/": {"script-src": ["'unsafe-inline'"], "style-src": ["'unsafe-inline'"]},
}

LANGUAGE_CODE = "vi"
# Programs ask for their language by header; people start in Vietnamese and switch in the menu.
API_PATHS = ("/fhir/", "/o/token/")
LANGUAGES = [("vi", _("Tiếng Việt")), ("en", _("Tiếng Anh"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["hanoi_ehr.locale_formats"]

STATIC_URL = "/static/"
STATIC_ROOT = EHR_VAR / "static"
STATICFILES_DIRS: list[Path] = []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EHR_ENV == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = EHR_ENV == "test"
# Source maps are for developers; the rest is compressed already.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["map", "br", "gz", "png", "jpg", "webp", "zip", "woff", "woff2"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["registry.api.authentication.ClientAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["registry.api.authentication.IsClient"],
    "DEFAULT_RENDERER_CLASSES": ["registry.api.rendering.FhirJsonRenderer", "registry.api.rendering.JsonAlias"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "registry.api.errors.operation_outcome",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
OAUTH2_PROVIDER = {
    "SCOPES": {
        "system/Patient.rs": "Đọc và tìm người bệnh mà cơ sở đang điều trị",
        "system/Observation.c": "Gửi kết quả tầm soát theo mã vạch",
    },
    "DEFAULT_SCOPES": ["system/Patient.rs"],
    "ACCESS_TOKEN_EXPIRE_SECONDS": 900,
    "PKCE_REQUIRED": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Hanoi EHR API",
    "DESCRIPTION": "FHIR R4 cho hệ thống bệnh viện: xác thực OAuth 2.0 client credentials tại /o/token/.",
    "VERSION": "0.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

configure_structlog()
