"""The programmes and their first versions, from the data files with their sources."""

import json
from pathlib import Path
from typing import Any

from django.db import migrations

DATA = Path(__file__).resolve().parent.parent / "data"
NOTE = "Bản khởi đầu. Các giá trị ghi “chưa xác minh” cần Sở Y tế xác nhận."


def load(apps: Any, schema_editor: Any) -> None:
    """Live from the start, with what is unconfirmed marked; a new number replaces a version, it is never edited."""
    for path in sorted(DATA.glob("*.json")):
        rules = json.loads(path.read_text("utf-8"))
        programme = apps.get_model("screening", "Programme").objects.create(
            code=path.stem, name=rules["name"], short_name=rules["short_name"]
        )
        apps.get_model("screening", "ProgrammeVersion").objects.create(
            programme=programme, number=1, state="live", rules=rules, note=NOTE
        )


class Migration(migrations.Migration):
    dependencies = [("screening", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
