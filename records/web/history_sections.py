"""The sections of the history page: their addresses, titles and order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """One section. key: of records.queries.history_rows.FACTS; none: how "asked, and there is none" reads, "" where that is
    no answer; single: one line a person; main: shown in the wide column.
    """

    key: str
    slug: str
    title: str
    none: str = ""
    unasked: str = "Chưa hỏi."
    single: bool = False
    main: bool = False


SECTIONS = (
    Section("allergies", "di-ung", "Dị ứng", "Không có dị ứng đã biết", "Chưa hỏi dị ứng.", main=True),
    Section("diseases", "benh-tat", "Bệnh tật", "Đã hỏi, không có bệnh mạn tính", main=True),
    Section("surgeries", "phau-thuat", "Phẫu thuật", "Đã hỏi, chưa từng phẫu thuật", main=True),
    Section("family", "gia-dinh", "Gia đình", "Đã hỏi, gia đình không ai mắc", main=True),
    Section("risks", "nguy-co", "Yếu tố nguy cơ"),
    Section("reproductive", "sinh-san", "Sức khoẻ sinh sản", single=True),
    Section("disabilities", "khuyet-tat", "Khuyết tật", "Đã hỏi, không khuyết tật"),
    Section("birth", "luc-sinh", "Tình trạng lúc sinh", single=True),
    Section("issues", "van-de-khac", "Vấn đề khác", unasked="Chưa ghi."),
)
BY_SLUG: Mapping[str, Section] = {section.slug: section for section in SECTIONS}
