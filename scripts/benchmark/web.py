"""Over HTTP: the bare route, nginx, and ourselves."""

import random
import subprocess
import urllib.error
import urllib.request

from programs import LEVELMAP, MEASURE, PORT, TEMPORARY, fetch, in_turn, load, serve, started, stop

NGINX = """
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000000; open_file_cache max=100;
  client_body_temp_path {folder}/n1; proxy_temp_path {folder}/n2; fastcgi_temp_path {folder}/n3;
  uwsgi_temp_path {folder}/n4; scgi_temp_path {folder}/n5;
  types {{ application/json json; }}
  server {{
    listen 127.0.0.1:{port} backlog=1024; root {folder}/files; gzip_static always;
    location = /ready {{ return 200 "ready"; }}
  }}
}}
"""

# Addresses whose gzip body is about as long as wanted, found by asking; the nearest of them is taken.
ADDRESSES = [
    "/v1/layers/lad.geojson?tolerance_m=1000",
    "/v1/layers/lad.geojson?tolerance_m=2000",
    "/v1/layers/lad.geojson?tolerance_m=5000",
    "/v1/layers/icb.geojson?tolerance_m=500",
    "/v1/layers/icb.geojson?tolerance_m=2000",
    "/v1/layers/rgn.geojson?tolerance_m=500",
    "/v1/layers/lsoa.csv",
    "/v1/layers/msoa.csv",
    "/v1/layers/lsoa.topojson",
    "/v1/layers/lsoa.topojson?tolerance_m=100",
    "/v1/layers/msoa.geojson",
    "/v1/layers/msoa.geojson?tolerance_m=100",
    "/v1/layers/lsoa.geojson?precision=4",
]
GZIP = {"Accept-Encoding": "gzip"}


def points(count):
    """Places in England, Wales and the sea between them."""
    chance = random.Random(3)
    return [f"lon={chance.uniform(-3.5, 1.0):.5f}&lat={chance.uniform(50.8, 54.8):.5f}" for _ in range(count)]


def status_of(url, headers):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers)).status
    except urllib.error.HTTPError as error:
        return error.code


def measure_web(figures):
    figures.version("Levelmap", subprocess.run([LEVELMAP, "--version"], capture_output=True, text=True).stdout.split()[-1])
    figures.version("wrk", subprocess.run(["wrk", "-v"], capture_output=True, text=True).stdout.split()[1])
    ours = serve(PORT)
    here = f"http://127.0.0.1:{PORT}"

    places = [f"/v1/locate?{place}" for place in points(2000)]
    bodies = sorted((fetch(here + path)[1] for path in places[:200]), key=len)
    constant = TEMPORARY / "constant.json"
    constant.write_bytes(bodies[len(bodies) // 2])
    bare = started([MEASURE, "constant", f"127.0.0.1:{PORT + 1}", str(constant)], PORT + 1)
    # Each sends the same bytes to the client, so that only the answering differs.
    figures.rates("locate", in_turn(lambda: load(PORT, places), lambda: load(PORT + 1, ["/?" + p.split("?")[1] for p in places])))

    held = "/v1/layers/lad.geojson"
    known = {**GZIP, "If-None-Match": fetch(here + held, GZIP)[0]["ETag"]}
    if status_of(here + held, known) != 304:
        raise RuntimeError(f"{held} is not known to be held")
    figures.rates("held", in_turn(lambda: load(PORT, [held], known), lambda: load(PORT + 1, ["/nothing"], known)))
    stop(bare)

    lengths = {address: len(fetch(here + address, GZIP)[1]) for address in ADDRESSES}
    files = TEMPORARY / "files"
    files.mkdir(exist_ok=True)
    wanted = {"body-50k": 50_000, "body-1400k": 1_400_000}
    chosen = {name: min(lengths, key=lambda a: abs(lengths[a] - length)) for name, length in wanted.items()}
    for name, address in chosen.items():
        (files / f"{name}.json.gz").write_bytes(fetch(here + address, GZIP)[1])
        print(f"{name}: {address}, {lengths[address]:,} bytes")
    configuration = TEMPORARY / "nginx.conf"
    configuration.write_text(NGINX.format(folder=TEMPORARY, port=PORT + 2))
    nginx = started(["nginx", "-c", str(configuration), "-g", "daemon off;"], PORT + 2, "/ready")
    figures.version("nginx", subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.split("/")[-1].strip())
    for name, address in chosen.items():
        figures.rates(name, in_turn(lambda: load(PORT, [address], GZIP), lambda: load(PORT + 2, [f"/{name}.json"], GZIP)))
    stop(nginx)
    stop(ours)
