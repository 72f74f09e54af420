"""The city as circles, one a ward: as large as the ward, the darker the more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry.rules.ward_places import ward_places
from registry.web.display import vi_number

MAP_WIDTH, _EDGE, _SMALLEST = 470.0, 2.0, 3.0
STEPS = 5


@dataclass(frozen=True, slots=True)
class Circle:
    """A ward in the drawing; shade: 1 (least) to STEPS, 0 where nothing is told."""

    x: float
    y: float
    radius: float
    shade: int
    label: str


@dataclass(frozen=True, slots=True)
class WardMap:
    """What `chart_wards.html` draws. keys: (shade, from–to) of the legend."""

    title: str
    circles: tuple[Circle, ...]
    height: int
    keys: tuple[tuple[int, str], ...]

    @property
    def told(self) -> int:
        """How many wards have a value."""
        return sum(circle.shade > 0 for circle in self.circles)


def ward_map(title: str, shares: Mapping[str, float], labels: Mapping[str, str]) -> WardMap | None:
    """Draw the 126 wards. shares: ward code -> value; labels: ward code -> its words. None where no ward has a value."""
    if not shares:
        return None
    places = ward_places()
    west = min(place.east - place.radius for place in places)
    north = min(place.south - place.radius for place in places)
    unit = (MAP_WIDTH - 2 * _EDGE) / (max(place.east + place.radius for place in places) - west)
    bounds = _bounds(sorted(shares.values()))
    circles = [
        Circle(
            round(_EDGE + (place.east - west) * unit, 1),
            round(_EDGE + (place.south - north) * unit, 1),
            round(max(place.radius * unit, _SMALLEST), 1),
            _shade(shares.get(place.code), bounds),
            labels.get(place.code, ""),
        )
        for place in places
    ]
    height = round(max(circle.y + circle.radius for circle in circles) + _EDGE)
    ends = [min(shares.values()), *bounds, max(shares.values())]
    keys = tuple(
        (shade, f"{vi_number(ends[shade - 1], 1)}–{vi_number(ends[shade], 1)}")
        for shade in range(1, len(ends))
        if any(circle.shade == shade for circle in circles)
    )
    return WardMap(title, tuple(circles), height, keys)


def _bounds(values: Sequence[float]) -> list[float]:
    """Fifths by number of wards, equal bounds once."""
    return [values[min(len(values) * step // STEPS, len(values) - 1)] for step in range(1, STEPS)]


def _shade(value: float | None, bounds: Sequence[float]) -> int:
    return 0 if value is None else 1 + sum(value >= bound for bound in bounds)
