"""The straight map from values to places that every chart draws by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight map from values to places."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value, kept inside the drawing."""
        if self.high == self.low:
            return round((self.start + self.end) / 2, 1)
        place = self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
        return round(min(max(place, min(self.start, self.end)), max(self.start, self.end)), 1)
