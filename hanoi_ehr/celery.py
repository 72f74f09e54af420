"""The Celery application. Every task is idempotent and much shorter than the visibility timeout."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanoi_ehr.settings")

app = Celery("hanoi_ehr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
