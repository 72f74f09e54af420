"""Doubts that did not stop a row, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _


def notice_title(code: str) -> str:
    """What a notice's code means to people."""
    if code.startswith("length:"):
        return _("Trường %(field)s dài hơn quy định, vẫn nhận") % {"field": code.partition(":")[2]}
    return {
        "possible-duplicate": _("Có người gần giống đã có hồ sơ, cần xem lại"),
        "main-diagnosis-missing": _("Lượt khám không có bệnh chính"),
        "phone-unreadable": _("Số điện thoại không đọc được, giữ bản gốc"),
        "bhyt-unreadable": _("Số thẻ BHYT không đọc được, giữ bản gốc"),
        "cccd-unreadable": _("Số CCCD không đọc được, giữ bản gốc"),
        "cccd-zero-restored": _("Số CCCD mất số 0 ở đầu, đã bù theo năm sinh và giới tính"),
        "birth-from-cccd": _("Năm sinh lấy từ số CCCD"),
        "sex-from-cccd": _("Giới tính lấy từ số CCCD"),
        "sex-missing": _("Không ghi giới tính"),
        "cccd-birth-year": _("Năm sinh khác năm ghi trong số CCCD"),
        "corrected": _("Lượt khám đã có, được sửa theo bản gửi sau"),
        "amount-unreadable": _("Số tiền không đọc được, tính là 0 khi đối chiếu"),
        "cccd-sex": _("Giới tính khác giới tính ghi trong số CCCD"),
    }.get(code, code)
