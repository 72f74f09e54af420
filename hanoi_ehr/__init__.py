"""Hanoi EHR: settings, urls, Celery, API root and embedded services. Imports every app; no app imports it."""

from hanoi_ehr.celery import app as celery_app

__all__ = ["celery_app"]
