"""Names of Hanoi people by sex and generation. Shares are rough, written for the demo; family names follow the order of
Lê Trung Hoa's counts (Nguyễn more than a third of everybody) from memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random


@dataclass(frozen=True, slots=True)
class Weighted:
    """Words with weights, drawn by `pick`."""

    words: tuple[str, ...]
    cumulative: tuple[float, ...]

    @classmethod
    def of(cls, text: str) -> Weighted:
        """From "Nguyễn:35 Trần:9.5 Lê"; a word without a weight counts 1; an underscore stands for a space."""
        pairs = [part.partition(":") for part in text.split()]
        words = tuple(word.replace("_", " ") for word, _, _ in pairs)
        return cls(words, tuple(accumulate(float(weight or 1) for _, _, weight in pairs)))

    def pick(self, chance: Random) -> str:
        """One word."""
        return self.sample(chance, 1)[0]

    def sample(self, chance: Random, count: int) -> Sequence[str]:
        """Words drawn one after another, with repetition."""
        return chance.choices(self.words, cum_weights=self.cumulative, k=count)


FAMILY = Weighted.of(
    "Nguyễn:35 Trần:9.5 Lê:8.2 Phạm:6.8 Vũ:4.6 Hoàng:4.4 Đỗ:3.4 Bùi:2.8 Đặng:2.4 Ngô:2.1 "
    "Phan:1.9 Dương:1.4 Đinh:1.4 Trịnh:1.3 Đào:1.3 Lương Hà Đoàn Trương:.9 Cao:.8 Mai:.7 "
    "Phùng:.8 Tạ:.7 Lưu:.6 Chu:.6 Hồ:.6 Tô:.4 Nghiêm:.4 Kiều:.4 Lý:.4 Tống:.3 Quách:.3 "
    "Vương:.4 Khuất:.3 Đàm:.3 Thái:.2 Cấn:.2 Bạch:.2 Quản:.1 Triệu:.2 Lã:.2 Hứa:.1 La:.1"
)
MIDDLE = {
    ("male", "old"): Weighted.of(
        "Văn:45 Đức:8 Hữu:6 Xuân:6 Ngọc:5 Đình:5 Quang:4 Công:4 Bá:3 Trọng:3 Thế:3 Huy:2 Duy:2 Mạnh:2 Tiến:2"
    ),
    ("male", "middle"): Weighted.of(
        "Văn:22 Đức:9 Quang:7 Mạnh:6 Anh:6 Minh:6 Xuân:4 Ngọc:4 Việt:4 Tuấn:4 Hoàng:4 Thanh:3 "
        "Trung:3 Đình:3 Công:3 Hữu:3 Thế:3 Hải:3 Tiến:3 Duy:3 Thành:2"
    ),
    ("male", "young"): Weighted.of(
        "Minh:12 Gia:9 Đức:9 Bảo:7 Quang:6 Anh:6 Tuấn:6 Hải:5 Nhật:5 Hoàng:5 Việt:4 Duy:4 Khánh:4 "
        "Đăng:4 Thanh:3 Tiến:3 Ngọc:3 Trung:2 Văn:3 Xuân:1 Đình:1 Thiên:2 Khôi"
    ),
    ("female", "old"): Weighted.of("Thị:82 Thị_Kim:3 Thị_Ngọc:3 Thị_Thanh:4 Kim:2 Ngọc:3 Thanh:2 Bích:2 Minh:1 Tuyết"),
    ("female", "middle"): Weighted.of(
        "Thị:44 Thu:8 Thị_Thu:4 Thị_Thanh:4 Thanh:6 Thùy:5 Ngọc:5 Hồng:4 Phương:4 Minh:4 Kim:3 "
        "Bích:3 Lan:2 Thị_Hồng:3 Quỳnh:2 Mai:2"
    ),
    ("female", "young"): Weighted.of(
        "Thị:10 Ngọc:10 Khánh:8 Bảo:7 Thùy:6 Phương:7 Hà:5 Minh:7 Quỳnh:5 Diệu:4 Thanh:4 Thu:4 "
        "Mai:3 Tú:3 An:3 Gia:4 Hải:3 Tuệ:3 Linh:2 Thảo:2 Châu:2"
    ),
}
GIVEN = {
    ("male", "old"): Weighted.of(
        "Hùng:5 Dũng:5 Sơn:4 Bình:5 Thành:4 Minh:4 Hải:4 Thắng:4 Hòa:4 Toàn:2 Long:3 Khánh:2 "
        "Quý:2 Thịnh:2 Lâm:2 Chiến:3 Tiến:3 Tâm:2 Phúc:2 Lợi:2 Vinh:2 Cường:3 Đông:2 Tú Nghĩa:2 "
        "Chính:2 Thái:2 Hưng:2 Khải Bảo Ngọc Mạnh Luận Thuận Thọ:2 Đạt Kiên"
    ),
    ("male", "middle"): Weighted.of(
        "Tuấn:7 Hùng:5 Dũng:6 Sơn:4 Hải:5 Cường:5 Thắng:4 Nam:4 Minh:4 Long:3 Anh:5 Hưng:3 "
        "Trung:3 Kiên:3 Tùng:4 Hoàng:3 Quân:2 Đức:3 Hiếu:3 Thành:3 Việt:2 Quang:2 Linh:2 Phong:2 "
        "Giang:2 Thủy Bình:2 Tú:2 Duy:2 Đạt:2 Khoa Tân Toàn Vinh"
    ),
    ("male", "young"): Weighted.of(
        "Anh:8 Minh:8 Khang:5 Phúc:4 Bảo:4 Nam:4 Khôi:5 Long:4 Quân:4 Đăng:3 Huy:5 Hiếu:4 Dũng:4 "
        "Khánh:3 Phong:3 Kiên:3 Đạt:3 Hưng:3 Sơn:2 Lâm:2 Tùng:2 Duy:3 Tuấn:2 Việt:2 Vinh:2 "
        "Hoàng:3 Thành:2 An:3 Nguyên:3 Đức:4 Bách:2 Quang:2 Trí:2"
    ),
    ("female", "old"): Weighted.of(
        "Lan:5 Hoa:5 Hòa:3 Hương:4 Hằng:3 Nga:4 Thủy:3 Hà:3 Hạnh:4 Thanh:4 Liên:4 Mai:4 Yến:3 "
        "Oanh:2 Nhung:2 Huệ:3 Tuyết:3 Loan:3 Bích:2 Minh:3 Lý:2 Mùi:2 Tý:2 Sửu Mão Thìn:2 Tâm:3 "
        "Hiền:4 Xuân:3 Thơm:2 Chắt Vân:3 Phượng:2 Sinh Thịnh Ngọc:2 Hợi"
    ),
    ("female", "middle"): Weighted.of(
        "Hương:6 Hằng:5 Lan:4 Nga:4 Thủy:5 Hà:6 Hạnh:4 Thanh:4 Mai:4 Yến:3 Oanh:2 Nhung:4 Huyền:4 "
        "Trang:5 Linh:4 Thảo:3 Hoa:3 Hiền:4 Phương:5 Dung:3 Vân:3 Ngọc:3 Anh:4 Thúy:3 Giang:2 "
        "Loan:2 Tuyết Hường:2 Nguyệt:2 Quyên Chi:2 Thu:3 Hòa"
    ),
    ("female", "young"): Weighted.of(
        "Anh:10 Linh:7 Chi:6 My:3 Ngân:4 Trang:5 Hân:4 Vy:3 Nhi:4 Thảo:4 Châu:4 Mai:3 Quỳnh:3 "
        "Hà:3 Phương:4 Ngọc:4 An:3 Giang:2 Huyền:2 Dương:2 Thư:4 Khuê:2 Minh:2 Diệp:2 Lam:2 "
        "Uyên:2 Trâm:2 Ly:2 Yến:2 Hương:2 Nhung Vân"
    ),
}


def generation(birth_year: int) -> str:
    """Whose fashion of names: born before 1972, before 2000, since."""
    if birth_year < 1972:  # noqa: PLR2004 - the turn of fashion, as said above
        return "old"
    return "middle" if birth_year < 2000 else "young"  # noqa: PLR2004


def personal_name(chance: Random, family: str, sex: str, birth_year: int) -> str:
    """A full name; a middle name that repeats the given name is drawn again."""
    key = (sex, generation(birth_year))
    given = GIVEN[key].pick(chance)
    middle = MIDDLE[key].pick(chance)
    while middle == given:
        middle = MIDDLE[key].pick(chance)
    return f"{family} {middle} {given}"
