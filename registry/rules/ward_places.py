"""Where the city's wards lie and how large they are: enough to draw each as a circle (registry/data/ward_places.tsv)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import cos, pi, radians, sqrt

from registry.rules.tables import reference_rows

_KM_A_DEGREE = 111.32  # of latitude, and of longitude on the equator


@dataclass(frozen=True, slots=True)
class WardPlace:
    """A ward's code, its centre in km east and south of the city's north-western corner, and the radius of a circle of its
    area in km."""

    code: str
    east: float
    south: float
    radius: float


@cache
def ward_places() -> tuple[WardPlace, ...]:
    """The 126 wards and communes, the largest first, so that a small one is drawn over its neighbour."""
    rows = reference_rows("ward_places")
    west = min(float(row["longitude"]) for row in rows)
    north = max(float(row["latitude"]) for row in rows)
    shrink = cos(radians(north))
    places = [
        WardPlace(
            row["code"],
            (float(row["longitude"]) - west) * _KM_A_DEGREE * shrink,
            (north - float(row["latitude"])) * _KM_A_DEGREE,
            sqrt(float(row["area_km2"]) / pi),
        )
        for row in rows
    ]
    return tuple(sorted(places, key=lambda place: (-place.radius, place.code)))
