"""Visits of before hold the one ticket they were given."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clinics", "0005_queue_turns")]

    operations = [
        migrations.RunSQL(
            "UPDATE clinics_visit v SET ticket_id = t.id, place = t.number FROM clinics_queueticket t WHERE t.visit_id = v.id",
            migrations.RunSQL.noop,
        )
    ]
