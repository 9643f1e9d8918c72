"""PostGIS in a cluster of its own, asked what we are asked."""

import atexit
import glob
import os
import re
import statistics
import subprocess
from pathlib import Path

from programs import PORT, TEMPORARY, free_port, in_turn, layer, load, postcodes, serve, stop
from web import points


class PostGis:
    """A server on a socket in a folder that goes away, and a session of psql in which questions are timed."""

    def __init__(self):
        binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not binaries:
            raise FileNotFoundError("PostgreSQL is not installed")
        self.bin = Path(binaries[-1])
        self.folder = TEMPORARY / "postgres"
        self.port = free_port()
        self.folder.mkdir()
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.user:
            subprocess.run(["chown", "postgres", str(self.folder)], check=True)
        data = str(self.folder / "data")
        self._run([self.bin / "initdb", "-D", data, "-U", "bench", "--auth=trust", "--no-sync", "-E", "UTF8"])
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder} " \
            "-c fsync=off -c shared_buffers=1GB -c work_mem=128MB -c jit=off"
        self._run([self.bin / "pg_ctl", "-D", data, "-w", "-l", str(self.folder / "log"), "-o", options, "start"])
        atexit.register(self.stop)
        self.where = ["-h", str(self.folder), "-p", str(self.port), "-U", "bench", "postgres"]
        self.session = subprocess.Popen(["psql", "-qAtX", *self.where], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self.ask("CREATE EXTENSION postgis")

    def _run(self, command):
        subprocess.run([*self.user, *map(str, command)], check=True, cwd=self.folder, stdout=subprocess.DEVNULL)

    def stop(self):
        self.session.kill()
        command = [*self.user, str(self.bin / "pg_ctl"), "-D", str(self.folder / "data"), "-m", "immediate", "stop"]
        subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, question):
        """The answer's lines, and the seconds that psql gives for it."""
        self.session.stdin.write(f"\\timing on\n{question};\n\\timing off\n\\echo done\n")
        self.session.stdin.flush()
        lines, seconds = [], 0.0
        for line in iter(self.session.stdout.readline, "done\n"):
            if not line:
                raise RuntimeError(f"psql ended at: {question}")
            if line.startswith("ERROR"):
                raise RuntimeError(line)
            timed = re.match(r"Time: ([0-9.]+) ms", line)
            if timed:
                seconds += float(timed[1]) / 1000
            else:
                lines.append(line.rstrip("\n"))
        return lines, seconds

    def seconds(self, question):
        return self.ask(question)[1]

    def copy(self, table, rows):
        """Fills a table from lines of tab-separated text."""
        load = subprocess.Popen(["psql", "-qX", *self.where, "-c", f"COPY {table} FROM STDIN"], stdin=subprocess.PIPE, text=True)
        load.stdin.writelines(rows)
        load.stdin.close()
        if load.wait() != 0:
            raise RuntimeError(f"could not fill {table}")


def fill(database, measure, names):
    """Layers with their shapes in degrees and as projected for tiles, and a million postcodes."""
    import geopandas

    for name in names:
        shapes = geopandas.read_file(layer(name))
        column = next(c for c in shapes.columns if c in ("code", "areacd"))
        label = next((c for c in shapes.columns if c in ("name", "areanm")), column)
        database.ask(f"CREATE TABLE {name} (code text PRIMARY KEY, name text, geom geometry)")
        rows = zip(shapes[column], shapes[label], shapes.geometry.to_wkb(hex=True))
        database.copy(name, (f"{code}\t{title}\t{shape}\n" for code, title, shape in rows))
        database.ask(f"UPDATE {name} SET geom = ST_SetSRID(geom, 4326)")
        database.ask(f"ALTER TABLE {name} ADD drawn geometry")
        database.ask(f"UPDATE {name} SET drawn = ST_Transform(geom, 3857)")
        database.ask(f"CREATE INDEX ON {name} USING gist (geom)")
        database.ask(f"CREATE INDEX ON {name} USING gist (drawn)")
        database.ask(f"VACUUM (FULL, ANALYZE) {name}")
    database.ask("CREATE TABLE raw (postcode text, lon float8, lat float8)")
    with postcodes(measure).open() as file:
        next(file)
        database.copy("raw", (line.replace(",", "\t") for line in file))
    database.ask("CREATE TABLE postcode AS SELECT postcode, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geom FROM raw")
    database.ask("CREATE TABLE few AS SELECT * FROM postcode LIMIT 100000")
    database.ask("CREATE TABLE few_indexed AS SELECT * FROM few")
    database.ask("CREATE INDEX ON few_indexed USING gist (geom)")
    database.ask("ANALYZE")


CHOROPLETH = """
SELECT length('{{"type":"FeatureCollection","features":[' || string_agg('{{"type":"Feature","id":"' || code || '","geometry":' ||
  ST_AsGeoJSON(geom, 6) || ',"properties":{{"code":"' || code || '","name":' || to_json(name) || ',"value":' || value ||
  ',"class":' || class || '}}}}', ',') || ']}}')
FROM (SELECT code, name, geom, value, ntile(5) OVER (ORDER BY value) AS class
  FROM (SELECT code, name, geom, {seed} * length(name) AS value FROM {layer}) AS valued) AS classed"""

TILE = """
SELECT length(ST_AsMVT(tile, 'areas')) FROM (SELECT code, name,
  ST_AsMVTGeom(drawn, ST_TileEnvelope({z}, {x}, {y}), 4096, 64) AS geom FROM {layer}
  WHERE drawn && ST_TileEnvelope({z}, {x}, {y}, margin => 0.015625)) AS tile"""


def tiles_of(database, layer, z, limit):
    """Tiles of a zoom in which a layer has something, spread evenly."""
    corners = database.ask(f"SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT ST_Extent(drawn) AS e FROM {layer}) x")[0][0]
    west, south, east, north = map(float, corners.split("|"))
    half = 20037508.342789244
    side = 2 * half / 2**z
    found = []
    for x in range(int((west + half) / side), int((east + half) / side) + 1):
        for y in range(int((half - north) / side), int((half - south) / side) + 1):
            here = f"drawn && ST_TileEnvelope({z}, {x}, {y}) AND ST_Intersects(drawn, ST_TileEnvelope({z}, {x}, {y}))"
            if database.ask(f"SELECT 1 FROM {layer} WHERE {here} LIMIT 1")[0]:
                found.append((z, x, y))
    step = max(1, len(found) // limit)
    return found[::step][:limit]


def measure_tiles(figures, measure, database, name, layer, z, limit):
    """For each tile the times of both in turn; the ratio of a round is the median over its tiles. The peer's tiles hold areas
    alone: so do ours, and then all that they hold when nothing else is asked for."""
    tiles = tiles_of(database, layer, z, limit)
    listed = TEMPORARY / "tiles"
    listed.write_text("".join(f"{z}/{x}/{y}\n" for z, x, y in tiles))

    def ours(content):
        return measure.ask(f"tiles {layer} {content} {listed}")["seconds"]

    def theirs():
        return [database.seconds(TILE.format(layer=layer, z=z, x=x, y=y)) for z, x, y in tiles]

    rounds = in_turn(
        lambda: several_of_each(lambda: ours("areas")),
        lambda: several_of_each(theirs),
        lambda: several_of_each(lambda: ours("areas,borders,labels")),
    )
    for shown, kept in ((name, 0), (f"{name}-all", 2)):
        pairs = []
        for of_round in rounds:
            # The tile of the median ratio stands for its round.
            by_ratio = sorted(zip(of_round[kept], of_round[1]), key=lambda pair: pair[1] / pair[0])
            pairs.append(by_ratio[len(by_ratio) // 2])
        figures.times(shown, pairs)
    sums = [statistics.median(sum(times[i]) for times in rounds) for i in range(3)]
    print("{}: {} tiles; sums of a round {:.4f} s, {:.4f} s, with all layers {:.4f} s".format(name, len(tiles), *sums))


def measure_radius(figures, measure, database):
    """Numbers of postcodes within a distance of two thousand of them, so that we take milliseconds as well. Both hold every
    postcode whose place is known, those that ended too, and find as many."""
    listed = TEMPORARY / "places"
    measure.ask(f"places {listed}")
    database.ask("CREATE TABLE listed (number serial, easting float8, northing float8)")
    with listed.open() as file:
        database.copy("listed (easting, northing)", (line.replace(",", "\t") for line in file))
    database.ask("CREATE TABLE placed AS SELECT number, ST_SetSRID(ST_MakePoint(easting, northing), 27700) AS at FROM listed")
    database.ask("CREATE INDEX ON placed USING gist (at)")
    database.ask("CREATE TABLE middles AS SELECT at FROM placed WHERE abs(hashint4(number)) % 800 = 0 LIMIT 2000")
    database.ask("VACUUM ANALYZE placed, middles")
    rows = database.ask("SELECT ST_X(at) || ',' || ST_Y(at) FROM middles")[0]
    middles = TEMPORARY / "middles"
    middles.write_text("\n".join(rows) + "\n")
    for name, metres in (("radius-500m", 500), ("radius-5km", 5000)):
        question = f"SELECT count(*) FROM (SELECT p.number FROM middles m JOIN placed p ON ST_DWithin(p.at, m.at, {metres}) OFFSET 0) AS near"
        counts = measure.ask(f"radius {metres} {middles}")["found"], int(database.ask(question)[0][0])
        if counts[0] != counts[1]:
            raise RuntimeError(f"{name}: of {metres} m we find {counts[0]} postcodes and PostGIS {counts[1]}")
        figures.times(name, in_turn(
            lambda: measure.ask(f"radius {metres} {middles}")["seconds"],
            lambda: database.seconds(question) / len(rows), rounds=3))


def several(seconds):
    """Seconds of one of five in a row: what takes milliseconds would else be measured by how it begins after the seconds of a
    peer."""
    return statistics.mean(seconds() for _ in range(5))


def several_of_each(seconds):
    """The same of everything on a list."""
    return [statistics.mean(times) for times in zip(*(seconds() for _ in range(5)))]


def rate_of(database):
    """Points to LSOAs in SQL alone, a second, eight clients."""
    script = TEMPORARY / "point.sql"
    script.write_text("\\set x random(-300, 50)\n\\set y random(5120, 5380)\n"
        "SELECT code, name FROM lsoa WHERE ST_Covers(geom, ST_SetSRID(ST_MakePoint(:x / 100.0, :y / 100.0), 4326));\n")
    command = [database.bin / "pgbench", "-n", "-M", "prepared", "-c8", "-j2", "-T4", "-f", script, *database.where]
    out = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout
    return float(re.search(r"tps = ([0-9.]+)", out)[1])


def measure_database(figures, measure):
    database = PostGis()
    figures.version("PostGIS", " ".join(database.ask("SELECT postgis_lib_version(), current_setting('server_version')")[0]).replace("|", " on PostgreSQL "))
    fill(database, measure, ["lad", "lsoa"])
    measure.ask(f"points {postcodes(measure)}")

    # One thread each. Points come as they do in a request, without an index; with one, PostGIS asks of each area which points
    # are in it, and prepares its shape once.
    database.ask("SET max_parallel_workers_per_gather = 0")
    for name, table in (("join-postgis", "few"), ("join-postgis-indexed", "few_indexed")):
        join = "SELECT count(*) FROM (SELECT p.postcode, a.code " \
            f"FROM {table} p JOIN lsoa a ON ST_Covers(a.geom, p.geom) OFFSET 0) AS joined"
        figures.times(name, in_turn(
            lambda: several(lambda: measure.ask("batch lsoa 100000")["seconds"]), lambda: database.seconds(join), rounds=3))
    database.ask("RESET max_parallel_workers_per_gather")

    # Several questions in a row, none of them asked before, of either: what either has at hand after the first counts.
    seed = iter(range(1, 10_000))
    for layer_name in ("lad", "lsoa"):
        def ours():
            path = f"/v1/choropleth/{layer_name}/residents.geojson?fields=code,name,value,class&benchmark={next(seed)}"
            return measure.ask(f"ask {path}")["seconds"]
        def theirs():
            return database.seconds(CHOROPLETH.format(layer=layer_name, seed=next(seed)))
        figures.times(f"choropleth-{layer_name}", in_turn(lambda: several(ours), lambda: several(theirs)))

    measure_radius(figures, measure, database)
    measure_tiles(figures, measure, database, "tile-lsoa-8", "lsoa", 8, 40)
    measure_tiles(figures, measure, database, "tile-lsoa-10", "lsoa", 10, 60)
    measure_tiles(figures, measure, database, "tile-lad-8", "lad", 8, 40)

    ours = serve(PORT)
    paths = [f"/v1/locate?{place}" for place in points(2000)]
    figures.rates("locate-postgis", in_turn(lambda: load(PORT, paths, clients=8), lambda: rate_of(database), rounds=3))
    stop(ours)
    return database
