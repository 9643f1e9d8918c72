"""Points to areas in bulk, by the libraries and engines that people use for it. One thread each."""

import time
from pathlib import Path

from programs import TEMPORARY, in_turn, layer, postcodes


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure_joins(figures, measure):
    file = postcodes(measure)
    count = measure.ask(f"points {file}")["points"]

    def ours():
        return measure.ask(f"batch lsoa {count}")["seconds"]

    for name, peer in (("geopandas", with_geopandas), ("shapely", with_shapely), ("sedona", with_sedona), ("duckdb", with_duckdb)):
        try:
            version, join = peer(file)
        except Exception as error:  # whatever keeps a peer from running is told, and the others go on
            figures.without(f"join-{name}", f"not to be had: {type(error).__name__}: {error}".split("\n")[0])
            continue
        figures.version(name, version)
        figures.times(f"join-{name}", in_turn(ours, lambda: timed(join), rounds=3))


def frames(file):
    import geopandas
    import pandas

    table = pandas.read_csv(file)
    places = geopandas.GeoDataFrame(table[["postcode"]], geometry=geopandas.points_from_xy(table.lon, table.lat), crs=4326)
    return places, geopandas.read_file(layer("lsoa")).set_crs(4326, allow_override=True)


def with_geopandas(file):
    import geopandas

    places, areas = frames(file)
    return geopandas.__version__, lambda: geopandas.sjoin(places, areas, predicate="within")


def with_shapely(file):
    import shapely

    places, areas = frames(file)
    points, shapes = places.geometry.to_numpy(), areas.geometry.to_numpy()
    return shapely.__version__, lambda: shapely.STRtree(points).query(shapes, predicate="covers")


def parquet(file):
    """Both tables with their shapes as WKB, for engines that read files."""
    import pandas

    places, areas = frames(file)
    points, shapes = TEMPORARY / "points.parquet", TEMPORARY / "areas.parquet"
    if not shapes.exists():
        column = next(c for c in areas.columns if c in ("code", "areacd"))
        pandas.DataFrame({"postcode": places.postcode, "wkb": places.geometry.to_wkb()}).to_parquet(points)
        pandas.DataFrame({"code": areas[column], "wkb": areas.geometry.to_wkb()}).to_parquet(shapes)
    return points, shapes


def with_sedona(file):
    import sedonadb

    points, shapes = parquet(file)
    session = sedonadb.connect()
    # One partition is one thread.
    session.sql("SET datafusion.execution.target_partitions = 1").execute()
    for name, path, kept in (("p", points, "postcode"), ("a", shapes, "code")):
        session.read_parquet(str(path)).to_view(f"{name}_file")
        session.sql(f"SELECT {kept}, ST_GeomFromWKB(wkb) AS geom FROM {name}_file").to_memtable().to_view(name)
    question = "SELECT p.postcode, a.code FROM p JOIN a ON ST_Contains(a.geom, p.geom)"
    return sedonadb.__version__, lambda: session.sql(question).to_memtable()


def with_duckdb(file):
    import importlib.util

    import duckdb

    points, shapes = parquet(file)
    session = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": 1})
    # The package is a folder of extensions, for one version of the program each.
    (folder,) = importlib.util.find_spec("duckdb_ext").submodule_search_locations
    (extension,) = Path(folder).glob(f"extensions/v{duckdb.__version__}/*/spatial.duckdb_extension")
    session.execute(f"LOAD '{extension}'")
    for name, path, kept in (("p", points, "postcode"), ("a", shapes, "code")):
        session.execute(f"CREATE TABLE {name} AS SELECT {kept}, ST_GeomFromWKB(wkb) AS geom FROM '{path}'")
    question = "SELECT p.postcode, a.code FROM p JOIN a ON ST_Contains(a.geom, p.geom)"
    return duckdb.__version__, lambda: session.execute(question).fetch_arrow_table()
