"""The weights for people of Hanoi, as data: records/data/linkage_model.json, which says how it was estimated."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from records.rules.linkage.model import Model
from records.rules.linkage.weighing import Scale

# The fields' names as people read them; the file's labels are these.
LABELS = {
    "name": "họ tên", "birth": "ngày sinh", "sex": "giới tính", "cccd": "số CCCD", "cmnd": "số CMND", "bhyt": "thẻ BHYT",
    "phone": "số điện thoại", "ward": "phường, xã", "address": "địa chỉ", "facility": "mã người bệnh của cơ sở",
}  # fmt: skip
FILE = Path(__file__).resolve().parents[2] / "data" / "linkage_model.json"


@cache
def standard_model() -> Model:
    """The model that ships with this code."""
    return Model.from_json(json.loads(FILE.read_text(encoding="utf-8")))


@cache
def standard_scale() -> Scale:
    """The shipped model, ready to weigh."""
    return Scale(standard_model())
