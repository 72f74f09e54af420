"""Drug use as a risk factor is restricted information, as F11 to F19 are: the line where the list was loaded before it had one."""

import csv
from pathlib import Path
from typing import Any

from django.db import migrations

CODES = Path(__file__).resolve().parent.parent / "data" / "restricted_codes.tsv"


def load(apps: Any, schema_editor: Any) -> None:
    with CODES.open(encoding="utf-8") as lines:
        row = next(
            one
            for one in csv.DictReader(lines, delimiter="\t")
            if (one["applies_to"], one["code"]) == ("history", "drugs")
        )
    apps.get_model("records", "RestrictedCode").objects.get_or_create(
        applies_to=row["applies_to"],
        code=row["code"],
        defaults={"group": row["group"], "name": row["name"], "source": row["source"], "active": row["active"] == "1"},
    )


class Migration(migrations.Migration):
    dependencies = [("records", "0004_received_forms")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
