"""Areas, lengths, distances and grid coordinates by pyproj (PROJ and GeographicLib), for tests/integration/geodesy.rs.

Run with pyproj 3.7 and shapely 2: `python tests/oracles/geodesy.py > tests/oracles/geodesy.json`.
The same run always gives the same file.
"""

import json
import math
import random
import sys

from pyproj import Geod, Transformer
from shapely.geometry import Point, Polygon

GEOD = Geod(ellps="WGS84")
RANDOM = random.Random(27700)


def star(lon, lat, size_deg, corners):
    """A ring of `corners` places at odd distances round a centre, counter-clockwise, closed."""
    ring = []
    for i in range(corners):
        angle = 2 * math.pi * i / corners
        reach = size_deg * RANDOM.uniform(0.3, 1.0)
        ring.append([round(lon + reach * math.cos(angle) / math.cos(math.radians(lat)), 7),
                     round(lat + reach * math.sin(angle), 7)])
    return ring + ring[:1]


def ring_area_m2(ring):
    return abs(GEOD.polygon_area_perimeter(*zip(*ring))[0])


def distance_m(lon, lat, rings):
    """The least geodesic to a place on any edge: every 10 m first, then every centimetre near the best."""
    best = (math.inf, None)
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, ring[1:]):
            steps = max(1, math.ceil(GEOD.inv(x0, y0, x1, y1)[2] / 10))
            ts = [i / steps for i in range(steps + 1)]
            xs, ys = [x0 + (x1 - x0) * t for t in ts], [y0 + (y1 - y0) * t for t in ts]
            d = GEOD.inv([lon] * len(ts), [lat] * len(ts), xs, ys)[2]
            i = min(range(len(d)), key=d.__getitem__)
            best = min(best, (d[i], (x0, y0, x1, y1, max(0.0, ts[i] - 1 / steps), min(1.0, ts[i] + 1 / steps))))
    x0, y0, x1, y1, lo, hi = best[1]
    ts = [lo + (hi - lo) * i / 2000 for i in range(2001)]
    d = GEOD.inv([lon] * len(ts), [lat] * len(ts), [x0 + (x1 - x0) * t for t in ts], [y0 + (y1 - y0) * t for t in ts])[2]
    return min(d)


shapes = []
for lon, lat, size, corners in [(-1.5, 53.8, 0.2, 40), (-3.2, 51.5, 0.05, 200), (-4.2, 57.5, 1.2, 90), (0.1, 51.5, 0.01, 12),
                                (-6.3, 49.93, 0.08, 30), (-0.87, 60.8, 0.15, 60), (-6.5, 54.6, 0.6, 120), (1.3, 52.6, 0.4, 8)]:
    shell = star(lon, lat, size, corners)
    hole = star(lon, lat, size * 0.25, 9)[::-1]
    polygon = Polygon(shell, [hole])
    assert polygon.is_valid
    points = []
    for reach in [0.3, 0.9, 2.0, 5.0, 8.0]:
        angle = RANDOM.uniform(0, 2 * math.pi)
        x = round(lon + reach * max(size, 0.1) * math.cos(angle), 7)
        y = round(min(62.0, max(48.0, lat + reach * max(size, 0.1) * 0.7 * math.sin(angle))), 7)
        inside = polygon.contains(Point(x, y))
        points.append({"lon": x, "lat": y, "distance_m": 0.0 if inside else distance_m(x, y, [shell, hole])})
    shapes.append({
        "shell": shell, "hole": hole, "points": points,
        "area_m2": ring_area_m2(shell) - ring_area_m2(hole),
        "shell_length_m": GEOD.line_length(*zip(*shell)),
    })

# One operation for each system, spelled out, so that the answer does not hang on which grids are installed.
# (PROJ rounds the short axis of its own `mod_airy` by 2 mm; these are the numbers of EPSG:7002.)
OPERATIONS = {
    29903: "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84"
           " +step +inv +proj=helmert +x=482.5 +y=-130.6 +z=564.6 +rx=-1.042 +ry=-0.214 +rz=-0.631 +s=8.15"
           " +convention=position_vector +exact +step +inv +proj=cart +a=6377340.189 +rf=299.3249646"
           " +step +proj=tmerc +lat_0=53.5 +lon_0=-8 +k=1.000035 +x_0=200000 +y_0=250000 +a=6377340.189 +rf=299.3249646",
    2157: "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad"
          " +step +proj=tmerc +lat_0=53.5 +lon_0=-8 +k=0.99982 +x_0=600000 +y_0=750000 +ellps=GRS80",
    3857: "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=webmerc +ellps=WGS84",
}
projected = []
for code, operation in OPERATIONS.items():
    transformer = Transformer.from_pipeline(operation)
    for _ in range(12):
        lon, lat = round(RANDOM.uniform(-10.5, -5.4), 6), round(RANDOM.uniform(51.4, 55.4), 6)
        x, y = transformer.transform(lon, lat)
        projected.append({"crs": code, "lon": lon, "lat": lat, "x": x, "y": y})

json.dump({"shapes": shapes, "projected": projected}, sys.stdout, separators=(",", ":"))
print()
