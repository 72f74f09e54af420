from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("migration", "0003_clinical")]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="rows_sha256",
            field=models.CharField(blank=True, default="", max_length=64, verbose_name="mã băm tệp dòng"),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="importbatch",
            index=models.Index(
                condition=models.Q(("rows_sha256__gt", "")), fields=["rows_sha256"], name="import_batch_rows_file"
            ),
        ),
    ]
