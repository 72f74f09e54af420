"""The audit trail in the words people read: one table for the resident's list, the admin and whoever comes next."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, Any] = {
    "read": _("Xem hồ sơ"),
    "read-timeline": _("Xem các lượt khám"),
    "read-results": _("Xem kết quả"),
    "print-summary": _("In tóm tắt hồ sơ"),
    "read-growth": _("Xem biểu đồ tăng trưởng"),
    "read-identity": _("Xem phần hành chính"),
    "read-access-list": _("Xem danh sách truy cập"),
    "read-documents": _("Xem danh sách giấy tờ"),
    "read-document-page": _("Xem thông tin giấy tờ"),
    "read-document": _("Mở giấy tờ"),
    "add-document": _("Nộp giấy tờ"),
    "replace-document": _("Thay giấy tờ"),
    "withdraw-document": _("Rút giấy tờ"),
    "scan-documents": _("Quét mã độc giấy tờ"),
    "search": _("Tìm người bệnh"),
    "list": _("Xem danh sách"),
    "print": _("In phiếu"),
    "create": _("Lập hồ sơ"),
    "update": _("Cập nhật"),
    "delete": _("Xoá"),
    "refuse": _("Bị từ chối"),
    "close": _("Kết thúc khám"),
    "cancel": _("Huỷ lượt khám"),
    "leave": _("Ghi người bệnh bỏ về"),
    "call": _("Gọi số"),
    "record-vitals": _("Đo sinh hiệu"),
    "read-history": _("Xem tiền sử"),
    "record-history": _("Ghi tiền sử"),
    "correct-history": _("Sửa tiền sử"),
    "withdraw-history": _("Bỏ dòng tiền sử ghi nhầm"),
    "read-administrative": _("Mở biểu mẫu hành chính"),
    "open-emergency": _("Mở khẩn cấp"),
    "review-emergency": _("Duyệt truy cập khẩn cấp"),
    "list-emergencies": _("Xem danh sách truy cập khẩn cấp"),
    "decide-not-same": _("Xác nhận không phải cùng một người"),
    "merge": _("Gộp hai hồ sơ của một người"),
    "unmerge": _("Tách hồ sơ đã gộp"),
    "enrol": _("Ghi danh tầm soát"),
    "enrol-many": _("Ghi danh cả phường"),
    "issue-kit": _("Phát kit FIT"),
    "return-kit": _("Nhận mẫu FIT"),
    "reject-kit": _("Loại mẫu FIT"),
    "record-result": _("Ghi kết quả FIT"),
    "record-assessment": _("Ghi kết quả nội soi"),
    "accept-colonoscopy": _("Nhận kết quả nội soi từ cơ sở khác"),
    "take-duty": _("Nhận ca theo dõi"),
    "assign-duty": _("Giao ca theo dõi"),
    "close-not-done": _("Đóng ca: không làm nội soi, có lý do"),
    "sweep-duties": _("Rà soát ca theo dõi"),
    "load": _("Nạp danh mục"),
    "load-demo": _("Nạp dữ liệu mẫu"),
    "renew-demo-secrets": _("Đổi khoá bản trình diễn"),
    "import.start": _("Bắt đầu nạp dữ liệu cũ"),
    "import.cancel": _("Huỷ đợt nạp"),
    "import.chunk": _("Nạp một phần dữ liệu cũ"),
    "import.chunk-fault": _("Lỗi khi nạp dữ liệu cũ"),
    "sign-in": _("Đăng nhập"),
    "sign-out": _("Đăng xuất"),
    "second-factor-on": _("Bật xác thực hai lớp"),
    "second-factor-off": _("Tắt xác thực hai lớp"),
    "second-factor-reset": _("Gỡ xác thực hai lớp của người khác"),
    "read-audit": _("Xem nhật ký"),
    "verify-audit": _("Kiểm tra niêm phong"),
}
ON_TARGETS: dict[tuple[str, str], Any] = {
    ("create", "Visit"): _("Tiếp nhận khám"),
    ("update", "Visit"): _("Khám bệnh"),
    ("read", "Visit"): _("Xem lượt khám"),
    ("read", "Arrival"): _("Mở phiếu tiếp nhận"),
    ("read", "Enrolment"): _("Xem ca tầm soát"),
    ("read", "ImportBatch"): _("Xem đợt nạp"),
    ("create", "ImportBatch"): _("Nhận tệp dữ liệu cũ"),
}


def action_words(action: str, target: str = "") -> str:
    """What was done, to what kind of thing; an action without words stays as it is stored."""
    return str(ON_TARGETS.get((action, target)) or ACTIONS.get(action, action))
