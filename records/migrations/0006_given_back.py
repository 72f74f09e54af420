from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0005_restricted_drug_risk")]

    operations = [
        migrations.AlterField(
            model_name="linkevent",
            name="action",
            field=models.CharField(
                choices=[("linked", "gắn"), ("moved", "chuyển"), ("given", "trả lại")], max_length=6
            ),
        ),
    ]
