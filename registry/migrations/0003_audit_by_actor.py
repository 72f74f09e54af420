"""The trail by who acted: how many residents' records one account opened within the hour is asked at every read."""

from django.db import migrations

CREATE = """
CREATE INDEX auditevent_actor ON registry_auditevent (actor_id, at DESC) WHERE patient_id IS NOT NULL;
"""
DROP = "DROP INDEX auditevent_actor;"


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_audit_trail")]

    operations = [migrations.RunSQL(CREATE, DROP)]
