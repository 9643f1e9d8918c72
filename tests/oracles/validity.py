"""Whether small shapes on a lattice are valid, by GEOS, for tests/integration/validity.rs.

Run with shapely 2.2 (GEOS 3.14): `python tests/oracles/validity.py > tests/oracles/validity.json`.
The same run always gives the same file. Half of the shapes are valid.
"""

import json
import random
import sys

from shapely import MultiPolygon, is_valid_reason

RANDOM = random.Random(4326)


def ring():
    return [(RANDOM.randrange(7), RANDOM.randrange(7)) for _ in range(RANDOM.randrange(3, 8))]


def rectangle(x, y, w, h):
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def tidy():
    """A large part with a hole and another part, each a rectangle or a ring: valid often enough."""
    shell = rectangle(0, 0, RANDOM.randrange(4, 7), RANDOM.randrange(4, 7))
    small = lambda: rectangle(RANDOM.randrange(7), RANDOM.randrange(7), RANDOM.randrange(1, 4), RANDOM.randrange(1, 4))
    return [(shell, [small() for _ in range(RANDOM.randrange(3))]), (small(), [])]


cases, valid = [], 0
while len(cases) < 600:
    parts = tidy() if RANDOM.random() < 0.7 else [(ring(), [ring()] * RANDOM.randrange(2)) for _ in range(RANDOM.randrange(1, 3))]
    closed = [(shell + shell[:1], [hole + hole[:1] for hole in holes]) for shell, holes in parts]
    reason = is_valid_reason(MultiPolygon(closed)).split("[")[0]
    is_valid = reason == "Valid Geometry"
    if is_valid and valid >= 300 or not is_valid and len(cases) - valid >= 300:
        continue
    valid += is_valid
    cases.append({"parts": [[shell, *holes] for shell, holes in closed], "reason": reason})

json.dump(cases, sys.stdout, separators=(",", ":"))
print()
