"""The starting rules of access, from the data files with their sources; the Department of Health changes them in the admin."""

import csv
from pathlib import Path
from typing import Any

from django.db import migrations

DATA = Path(__file__).resolve().parent.parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def number(text: str) -> int | None:
    return int(text) if text else None


def load(apps: Any, schema_editor: Any) -> None:
    """Every basis has a period: a grant without one opens nothing."""
    apps.get_model("records", "AccessPeriod").objects.bulk_create(
        [
            apps.get_model("records", "AccessPeriod")(**row | {"days": number(row["days"])})
            for row in rows("access_periods.tsv")
        ]
    )
    code = apps.get_model("records", "RestrictedCode")
    code.objects.bulk_create([code(**row | {"active": row["active"] == "1"}) for row in rows("restricted_codes.tsv")])
    limit = apps.get_model("records", "ReadingLimit")
    limit.objects.bulk_create(
        [
            limit(**row | {"alerts_at": number(row["alerts_at"]), "stops_at": number(row["stops_at"])})
            for row in rows("reading_limits.tsv")
        ]
    )


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
