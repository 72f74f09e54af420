"""The colorectal FIT programme and its first version, from the data file with its sources."""

import json
from pathlib import Path
from typing import Any

from django.db import migrations

DATA = Path(__file__).resolve().parent.parent / "data" / "colorectal_fit_1.json"
NOTE = "Bản khởi đầu. Các giá trị ghi “chưa xác minh” cần Sở Y tế xác nhận."


def load(apps: Any, schema_editor: Any) -> None:
    """Live from the start, with its unconfirmed values marked; a new number replaces it, it is never edited."""
    programme = apps.get_model("screening", "Programme").objects.create(
        code="dai-truc-trang-fit", name="Tầm soát ung thư đại trực tràng bằng FIT", short_name="Đại trực tràng"
    )
    apps.get_model("screening", "ProgrammeVersion").objects.create(
        programme=programme, number=1, state="live", rules=json.loads(DATA.read_text("utf-8")), note=NOTE
    )


class Migration(migrations.Migration):
    dependencies = [("screening", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
