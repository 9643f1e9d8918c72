#!/usr/bin/env python3
"""Do the promises of simplified layers hold, as another library sees the answers?

Run by hand from the repository's root, with a server running:

    python3 tests/oracles/simplified_valid.py http://127.0.0.1:8080 > tests/oracles/simplified_valid.json

Needs shapely 2.2 (GEOS 3.12 or later) and numpy. It reads the GeoJSON that clients get, and asks GEOS of every layer at
every tolerance:

  coverage_is_valid   no two areas overlap and no gap is open between neighbours: every border has one course
  polygons            all valid (no ring crosses itself), outer rings counter-clockwise, holes clockwise (RFC 7946)
  areas               as many as in full detail, each with ground
  tolerance_m         the answer states the tolerance that was asked for

and of pairs of a layer and a larger one that is made of its areas, at every other zoom: the larger one's lines are
within half a pixel of the smaller one's (256-pixel tiles, at the place's own latitude).
"""
import json
import sys
import urllib.request

import numpy as np
import shapely
from shapely.geometry import shape

TOLERANCES_M = [1, 5, 20, 50, 100, 200, 500, 1000, 2000, 5000, 20000, 50000]
PAIRS = [("lad", "utla"), ("lad", "rgn"), ("sicbl", "icb@2022"), ("icb@2022", "nhser"), ("rgn", "ctry")]
ZOOMS = [2, 4, 6, 8, 10]


def fetch(base, path):
    with urllib.request.urlopen(f"{base}{path}", timeout=120) as answer:
        return json.load(answer)


def shapes(collection):
    return np.array([shape(feature["geometry"]) for feature in collection["features"]])


def wound_right(geometry):
    return all(
        p.exterior.is_ccw and not any(hole.is_ccw for hole in p.interiors) for p in shapely.get_parts(geometry)
    )


def lines_on_ground(geometries):
    """The outlines in metres of Web Mercator, true at the equator."""
    def mercator(at):
        x = np.radians(at[:, 0]) * 6378137.0
        y = np.log(np.tan(np.pi / 4 + np.radians(at[:, 1]) / 2)) * 6378137.0
        return np.stack([x, y], axis=1)
    return shapely.union_all(shapely.boundary(shapely.transform(geometries, mercator)))


def main():
    base = sys.argv[1]
    output, good = {"shapely": shapely.__version__, "geos": shapely.geos_version_string, "layers": {}}, True
    layers = [layer["id"] for layer in fetch(base, "/v1/layers")["results"]]
    for layer in layers:
        whole = shapes(fetch(base, f"/v1/layers/{layer}.geojson"))
        rows = []
        for tolerance_m in TOLERANCES_M:
            answer = fetch(base, f"/v1/layers/{layer}.geojson?tolerance_m={tolerance_m}&fields=code")
            found = shapes(answer)
            row = {
                "tolerance_m": answer["tolerance_m"],
                "areas": len(found),
                "vertices": int(shapely.get_num_coordinates(found).sum()),
                "coverage_is_valid": bool(shapely.coverage_is_valid(found)),
                "invalid_polygons": int((~shapely.is_valid(found)).sum()),
                "empty": int((shapely.area(found) <= 0).sum()),
                "wound_wrong": sum(not wound_right(g) for g in found),
            }
            if not row["coverage_is_valid"]:
                edges = shapely.coverage_invalid_edges(found)
                row["areas_with_invalid_edges"] = [
                    f["id"] for f, e in zip(answer["features"], edges) if not e.is_empty
                ]
            good &= (
                row["coverage_is_valid"]
                and row["tolerance_m"] == tolerance_m
                and len(found) == len(whole)
                and not (row["invalid_polygons"] or row["empty"] or row["wound_wrong"])
            )
            rows.append(row)
        output["layers"][layer] = rows
        print(layer, "valid" if all(r["coverage_is_valid"] for r in rows) else "INVALID", file=sys.stderr)
    output["pairs"] = []
    for small, large in PAIRS:
        for zoom in ZOOMS:
            of_small, of_large = (
                lines_on_ground(shapes(fetch(base, f"/v1/layers/{layer}.geojson?zoom={zoom}&fields=code")))
                for layer in (small, large)
            )
            pixel = 2 * np.pi * 6378137.0 / (256 * 2**zoom)
            shapely.prepare(of_small)
            # Along the larger one's lines, not only at their vertices.
            points = shapely.points(shapely.get_coordinates(shapely.segmentize(of_large, pixel)))
            worst = float(shapely.distance(points, of_small).max() / pixel)
            output["pairs"].append({"small": small, "large": large, "zoom": zoom, "furthest_pixels": round(worst, 3)})
            good &= worst <= 0.5
    # One row a line: short enough to read, and to see what changed.
    print(json.dumps(output).replace('{"tolerance_m"', '\n{"tolerance_m"').replace('{"small"', '\n{"small"'))
    return 0 if good else 1


sys.exit(main())
