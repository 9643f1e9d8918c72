"""Tiles: the whole pyramid by tippecanoe, single ones over HTTP by Martin."""

import shutil
import subprocess
import time

from programs import PORT, TEMPORARY, fetch, in_turn, layer, load, serve, started, stop
from database import tiles_of


def tippecanoe():
    source, out = TEMPORARY / "lsoa.geojsons", TEMPORARY / "lsoa.mbtiles"
    if not source.exists():
        import geopandas

        geopandas.read_file(layer("lsoa")).to_file(source, driver="GeoJSONSeq")
    # As detailed as our tiles: no feature dropped, and every border drawn as in the next tile.
    command = ["tippecanoe", "-q", "-f", "-P", "-Z4", "-z12", "-l", "areas", "--no-tile-size-limit", "--no-feature-limit",
        "--detect-shared-borders", "-o", str(out), str(source)]
    start = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def measure_pyramid(figures, measure):
    if shutil.which("tippecanoe") is None:
        figures.without("pyramid", "tippecanoe is not installed")
        return
    version = subprocess.run(["tippecanoe", "--version"], capture_output=True, text=True)
    figures.version("tippecanoe", (version.stdout + version.stderr).split()[-1].lstrip("v"))
    figures.times("pyramid", in_turn(lambda: measure.ask("pyramid lsoa 4 12")["seconds"], tippecanoe, rounds=3))


def measure_martin(figures, database):
    if shutil.which("martin") is None:
        for name in ("martin-cold", "martin-cold-all", "martin-warm", "martin-warm-all"):
            figures.without(name, "Martin is not installed: MARTIN=build scripts/bench tiles builds it, in about 20 minutes")
        return
    figures.version("Martin", subprocess.run(["martin", "--version"], capture_output=True, text=True).stdout.split()[-1])
    tiles = tiles_of(database, "lsoa", 8, 40)
    database.ask("CREATE TABLE drawn_lsoa (code text, name text, geom geometry(Geometry, 3857))")
    database.ask("INSERT INTO drawn_lsoa SELECT code, name, drawn FROM lsoa")
    database.ask("CREATE INDEX ON drawn_lsoa USING gist (geom)")
    database.ask("ANALYZE drawn_lsoa")
    if not (TEMPORARY / "lsoa.mbtiles").exists():
        tippecanoe()
    ours = serve(PORT)
    # The peer's tiles hold areas alone: so do ours, and then all that they hold when nothing else is asked for.
    areas, everything = "layers=areas", "layers=areas,borders,labels"
    gzip = {"Accept-Encoding": "gzip"}
    # An address never asked before is a tile never made before: the number changes nothing in it.
    asked = iter(range(1, 1000))

    def cold(held):
        number = next(asked)
        return load(PORT, [f"/tiles/lsoa/{z}/{x}/{y}.mvt?{held}&benchmark={number}.{i}" for i in range(400) for z, x, y in tiles], gzip)

    def warm(held):
        return load(PORT, [f"/tiles/lsoa/{z}/{x}/{y}.mvt?{held}" for z, x, y in tiles], gzip)

    def shown(name, rounds):
        figures.rates(name, [(ours, theirs) for ours, theirs, _ in rounds])
        figures.rates(f"{name}-all", [(all_layers, theirs) for _, theirs, all_layers in rounds])

    where = f"postgres://bench@127.0.0.1:{database.port}/postgres"
    martin = started(["martin", "--listen-addresses", f"127.0.0.1:{PORT + 3}", "--cache-size", "0", where], PORT + 3, "/health")
    paths = [f"/drawn_lsoa/{z}/{x}/{y}" for z, x, y in tiles]
    fetch(f"http://127.0.0.1:{PORT + 3}{paths[0]}", gzip)
    shown("martin-cold", in_turn(lambda: cold(areas), lambda: load(PORT + 3, paths, gzip), lambda: cold(everything), rounds=3))
    stop(martin)
    martin = started(["martin", "--listen-addresses", f"127.0.0.1:{PORT + 3}", "--cache-size", "512", str(TEMPORARY / "lsoa.mbtiles")],
        PORT + 3, "/health")
    paths = [f"/lsoa/{z}/{x}/{y}" for z, x, y in tiles]
    shown("martin-warm", in_turn(lambda: warm(areas), lambda: load(PORT + 3, paths, gzip), lambda: warm(everything)))
    stop(martin)
    stop(ours)
