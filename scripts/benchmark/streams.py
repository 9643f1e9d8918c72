"""Places in bulk from end to end: a table in, a table out, by the program and over HTTP."""

import subprocess
import time

from programs import LEVELMAP, PORT, TEMPORARY, in_turn, layer, postcodes, serve, stop

LAYERS = "lad,icb"


def located(file, cores):
    """Seconds that the program takes for a table, on some of the cores."""
    command = ["taskset", "-c", cores, LEVELMAP, "locate", "--csv", str(file), "--lon", "lon", "--lat", "lat", "--layers", LAYERS]
    start = time.perf_counter()
    with (TEMPORARY / "located.csv").open("wb") as out:
        subprocess.run(command, check=True, stdout=out, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def asked(file):
    """Seconds that our server takes for a table."""
    url = f"http://127.0.0.1:{PORT}/v1/locate?layers={LAYERS}"
    command = ["curl", "-sf", "-o", str(TEMPORARY / "asked.csv"), "-H", "content-type: text/csv", "-T", str(file), "-X", "POST", url]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def measure_streams(figures, measure):
    header, *lines = postcodes(measure).read_text().splitlines(keepends=True)
    # Four times a million, as what a table of one row takes, which is the start, is taken off.
    file, points = TEMPORARY / "many.csv", 4 * len(lines)
    file.write_text(header + "".join(lines) * 4)
    one = TEMPORARY / "one.csv"
    one.write_text(header + lines[0])
    rounds = in_turn(
        lambda: located(file, "0"), lambda: located(one, "0"), lambda: located(file, "0,1"), lambda: located(one, "0,1"), rounds=5)
    alone = [many - few for many, few, _, _ in rounds]
    both = [many - few for _, _, many, few in rounds]
    figures.rates("stream-one-core", [(points / seconds, 1e6) for seconds in alone])
    figures.times("stream-two-cores", list(zip(both, alone)))
    ours = serve(PORT)
    figures.rates("stream-http", [(points / seconds, 5e5) for (seconds,) in in_turn(lambda: asked(file))])
    stop(ours)
    rows = sum(1 for _ in (TEMPORARY / "asked.csv").open())
    if rows != points + 1:
        raise RuntimeError(f"{rows} rows came back for {points}")


def measure_simplify(figures, measure):
    """Both make layers of about as many vertices; what each vertex is worth is known to us, as the server knows it."""
    import geopandas
    import shapely

    for name, tolerance_m in (("lad", 1000), ("lsoa", 500)):
        shapes = geopandas.read_file(layer(name)).set_crs(4326, allow_override=True).to_crs(27700).geometry.to_numpy()
        wanted = measure.ask(f"simplify {name} {tolerance_m}")["vertices"]

        def theirs(tolerance):
            start = time.perf_counter()
            made = shapely.coverage_simplify(shapes, tolerance)
            return time.perf_counter() - start, int(shapely.get_num_coordinates(made).sum())

        low, high = 0.0, 20.0 * tolerance_m
        for _ in range(8):
            middle = (low + high) / 2
            low, high = (middle, high) if theirs(middle)[1] > wanted else (low, middle)
        kept = theirs(high)[1]
        print(f"simplify {name}: {wanted} vertices by us, {kept} by shapely at a tolerance of {high:.0f} m")
        figures.times(f"simplify-{name}", in_turn(
            lambda: measure.ask(f"simplify {name} {tolerance_m}")["seconds"], lambda: theirs(high)[0], rounds=3))
    figures.version("shapely", shapely.__version__)
