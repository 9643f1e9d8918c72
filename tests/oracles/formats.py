"""The same few areas in every format and coordinate system that boundaries are read from, for src/source/shapes/tests.rs.

Run with geopandas, pyogrio (GDAL), shapely and pyproj as `python tests/oracles/formats.py`: it writes tests/oracles/formats/.
Two areas share a border with three vertices; the third has a hole and an island. `expected.json` has them in longitude and
latitude as PROJ gives them; where a coordinate system is not WGS 84 the positions agree within the accuracy that PROJ
states for the shift without a grid file, a few metres.
"""

import json
import pathlib
import shutil
import zipfile

import geopandas
import numpy
from pyproj import Transformer
from shapely import MultiPolygon, Polygon, to_geojson, transform

HERE = pathlib.Path(__file__).parent / "formats"
shutil.rmtree(HERE, ignore_errors=True)
HERE.mkdir()


def areas(x, y, size):
    """Rings begin at a corner and run clockwise, as Shapefiles have them."""
    p = lambda dx, dy: (x + dx * size, y + dy * size)
    border = [p(1, 1), p(1.1, 0.7), p(0.95, 0.3), p(1, 0)]
    west = Polygon([p(0, 0), p(0, 1), *border])
    east = Polygon([*reversed(border), p(2, 1), p(2, 0)])
    ring = Polygon(
        [p(3, 0), p(3, 1), p(4, 1), p(4, 0)],
        [[p(3.25, 0.25), p(3.75, 0.25), p(3.75, 0.75), p(3.25, 0.75)]],
    )
    island = Polygon([p(3.4, 0.4), p(3.4, 0.6), p(3.6, 0.6), p(3.6, 0.4)])
    return [west, MultiPolygon([east]), MultiPolygon([ring, island])]


NAMES = ["Dyffryn Ŵyr", "East & Co", "Ring"]
PLACES = {27700: (430000, 433000, 1000), 4326: (-1.5, 53.8, 0.01), 29902: (330000, 370000, 1000), 3857: (-167000, 7130000, 1500)}

expected = {}
for code, place in PLACES.items():
    frame = geopandas.GeoDataFrame({"area_code": ["A1", "A2", "A3"], "area_name_long": NAMES, "number": [1, 2, 3]}, geometry=areas(*place), crs=code)
    transformer = Transformer.from_crs(code, 4326, always_xy=True)
    to_degrees = lambda places: numpy.column_stack(transformer.transform(places[:, 0], places[:, 1]))
    expected[str(code)] = [json.loads(to_geojson(transform(shape, to_degrees))) for shape in frame.geometry]
    stem = HERE / f"areas_{code}"
    if code == 27700:
        frame.to_file(f"{stem}.gpkg", layer="areas", engine="pyogrio")
    frame.to_file(f"{stem}.fgb", engine="pyogrio")
    folder = HERE / f"shapefile_{code}"
    folder.mkdir()
    short = frame.rename(columns={"area_name_long": "area_name_"})
    short.to_file(folder / "areas.shp", engine="pyogrio", encoding="UTF-8")
    (folder / "areas.shx").unlink()
    with zipfile.ZipFile(f"{stem}.zip", "w") as archive:
        for extension in ["shp", "dbf", "prj", "cpg"]:
            archive.write(folder / f"areas.{extension}", f"inside/areas.{extension}")
    if code != 27700:
        shutil.rmtree(folder)
    if code == 4326:
        frame.to_file(f"{stem}.geojson", engine="pyogrio", COORDINATE_PRECISION=15)
    else:
        text = json.loads(frame.to_json())
        text["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{code}"}}
        (HERE / f"areas_{code}.geojson").write_text(json.dumps(text))
(HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
