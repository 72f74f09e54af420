"""The starting purposes of consent, terms of requests, holidays and retention classes, from the data files with sources."""

import csv
import json
from pathlib import Path
from typing import Any

from django.db import migrations

DATA = Path(__file__).resolve().parent.parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def load(apps: Any, schema_editor: Any) -> None:
    """The Department of Health changes them in the admin; a purpose's wording is never changed, a new number replaces it."""
    purpose, text = apps.get_model("records", "ConsentPurpose"), apps.get_model("records", "ConsentText")
    for row in rows("consent_purposes.tsv"):
        body = row.pop("body")
        made = purpose.objects.create(**row | {"opens_record": row["opens_record"] == "1"})
        text.objects.create(purpose=made, number=1, body=body)
    term = apps.get_model("records", "RequestTerm")
    term.objects.bulk_create([term(**row) for row in rows("request_terms.tsv")])
    holiday = apps.get_model("records", "PublicHoliday")
    holiday.objects.bulk_create(
        [holiday(**row | {"confirmed": row["confirmed"] == "1"}) for row in rows("public_holidays.tsv")]
    )
    kept = apps.get_model("records", "RetentionClass")
    kept.objects.bulk_create(
        [
            kept(
                **row | {"years": int(row["years"]) if row["years"] else None, "criteria": json.loads(row["criteria"])}
            )
            for row in rows("retention_classes.tsv")
        ]
    )


class Migration(migrations.Migration):
    dependencies = [("records", "0002_access_policy")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
