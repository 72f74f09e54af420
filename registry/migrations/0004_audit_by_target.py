"""The trail by the second person of what concerns two (pairs, merges): it stands in their list of looks, too."""

from django.db import migrations

CREATE = """
CREATE INDEX auditevent_target ON registry_auditevent (target_id, at DESC) WHERE target_type = 'Patient';
"""
DROP = "DROP INDEX auditevent_target;"


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_audit_by_actor")]

    operations = [migrations.RunSQL(CREATE, DROP)]
