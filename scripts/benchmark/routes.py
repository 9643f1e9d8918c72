"""Every question about places over HTTP: how long 16 clients wait, by route, for answers never asked for before and then.

The questions of a route are many and all different: random places and places where people live, areas of every kind,
names whole, unfinished and misspelt. Each is asked once of a server that was just started (`first`); then all are asked
in turn for some seconds (`again`).
"""

import json
import os
import random
import re
import signal
import subprocess
import time

from programs import PORT, TEMPORARY, areas_of, fetch, serve, stop

CLIENTS = int(os.environ.get("CLIENTS", "16"))
SECONDS_EACH = int(os.environ.get("SECONDS_EACH", "4"))
# At most so many questions of a route, so that the first of all clients, which come at once, are no hundredth of them; of those
# whose answers have thousands of rows, fewer.
QUESTIONS, LONG_QUESTIONS = 5_000, 200
ENCODING = os.environ.get("ENCODING", "gzip")
# What 99 of 100 answers are to stay under.
LONGEST_MS = 5.0

# `wrk` knows seconds only: when each question is to be asked once, the last answer leaves a mark, and the run is ended.
ASK = """
local paths, at, answered = {}, 0, 0
local once = os.getenv("ONCE") == "1"
for line in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = line end
local headers = {["Accept-Encoding"] = os.getenv("ENCODING")}
local requests = {}
init = function()
  for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path, headers) end
end
request = function() at = at % #requests + 1; return requests[at] end
if once then
  response = function()
    answered = answered + 1
    if answered == #requests then
      wrk.thread:stop()
      io.open(os.getenv("MARK"), "w"):close()
    end
  end
end
done = function(summary, latency)
  io.write(string.format("figures %.3f %.3f %.0f %d\\n", latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.requests / (summary.duration / 1e6),
    summary.errors.status + summary.errors.timeout + summary.errors.read + summary.errors.connect))
end
"""


def ask(paths, once):
    """Milliseconds that half and 99 of 100 answers took at most, answers a second, and faults."""
    script, listed = TEMPORARY / "ask.lua", TEMPORARY / "questions"
    script.write_text(ASK)
    listed.write_text("\n".join(paths) + "\n")
    mark = TEMPORARY / "answered"
    mark.unlink(missing_ok=True)
    environment = {**os.environ, "PATHS": str(listed), "ONCE": "1" if once else "0", "ENCODING": ENCODING, "MARK": str(mark)}
    seconds = 60 if once else SECONDS_EACH
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script), f"http://127.0.0.1:{PORT}"]
    run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    while once and run.poll() is None and not mark.exists():
        time.sleep(0.02)
    if once:
        run.send_signal(signal.SIGINT)
    out, _ = run.communicate()
    figures = re.search(r"^figures (\S+) (\S+) (\S+) (\d+)", out, re.M)
    if figures is None:
        raise RuntimeError(f"wrk, {paths[0]}: {out}")
    return float(figures[1]), float(figures[2]), float(figures[3]), int(figures[4])


def misspelt(word, chance):
    """A word with a letter changed, left out or added, after its first."""
    at = chance.randrange(1, len(word))
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    return chance.choice([word[:at] + letter + word[at + 1 :], word[:at] + word[at + 1 :], word[:at] + letter + word[at:]])


def typed(names, chance):
    """What people type: the beginnings of names, letter by letter, and names with a slip."""
    texts = []
    for name in names:
        texts += [name, name[: chance.randrange(1, len(name))], name[: chance.randrange(1, min(5, len(name)))]]
        if len(name) > 3 and name.isascii():
            texts.append(misspelt(name, chance))
    chance.shuffle(texts)
    return texts


def quoted(text):
    from urllib.parse import quote

    return quote(text, safe="")


def questions():
    """Addresses by the name of the route."""
    chance = random.Random(4)
    areas = {layer: areas_of(layer) for layer in ["lad", "utla", "icb", "sicbl", "rgn", "ctry", "msoa", "lsoa", "hb", "lad@2011"]}
    lsoas = areas["lsoa"]
    # Half anywhere on land and sea, half where people live.
    anywhere = [(chance.uniform(-5.5, 1.5), chance.uniform(50.2, 57.5)) for _ in range(QUESTIONS // 2)]
    lived_in = [(float(lon), float(lat)) for _, _, lon, lat in chance.sample(lsoas, QUESTIONS // 2)]
    places = [f"lon={lon:.5f}&lat={lat:.5f}" for lon, lat in anywhere + lived_in]
    chance.shuffle(places)
    districts = [f"{town}{n}" for town in ["LS", "BD", "M", "B", "E", "CF", "EH", "G", "NE", "S", "NG", "L", "BS", "PO"] for n in range(1, 16)]
    districts += ["SW1A", "EC1A", "W1A", "WC2H"]
    found = []
    for sector in (f"{district} {digit}" for district in districts for digit in range(10)):
        _, body = fetch(f"http://127.0.0.1:{PORT}/v1/search?q={quoted(sector + 'A')}")
        # One that has no position lies in no area.
        found += [hit["postcode"] for hit in json.loads(body)["results"] if hit["type"] == "postcode" and hit["lon"] is not None]
    # `LS1 4AP` is of the sector `LS1 4`; only sectors that there are.
    parts = sorted({postcode[:-2] for postcode in found} | {postcode.split()[0] for postcode in found})
    some = lambda layer, count: [code for code, *_ in chance.sample(areas[layer], min(count, len(areas[layer])))]
    every = [code for layer in ["lad", "utla", "icb", "sicbl", "rgn", "ctry", "hb", "lad@2011"] for code, *_ in areas[layer]]
    every = list(dict.fromkeys(every))[:600] + some("msoa", 1_500) + some("lsoa", 3_000)
    councils = [code for code, *_ in areas["lad"]]
    english = [code for code in councils if code.startswith("E")]
    # Every two layers but the small areas, of which an answer has tens of thousands of rows.
    _, listed = fetch(f"http://127.0.0.1:{PORT}/v1/layers")
    layers = [layer["id"] for layer in json.loads(listed)["results"] if layer["area_count"] <= 1_000]
    pairs = [(left, right) for left in layers for right in layers if left != right]
    chance.shuffle(pairs)
    names = [name for layer in ["lad", "icb", "utla", "sicbl", "hb"] for _, name, *_ in areas[layer]]
    names += [name for _, name, *_ in chance.sample(areas["msoa"], 100)]
    at = lambda route, more="": [f"/v1/{route}?{more}{place}" for place in places]
    of = lambda path, which=every: [f"/v1/areas/{code}{path}" for code in which]
    routes = {
        "locate": at("locate"),
        "locate, nearest_within_m": at("locate", "nearest_within_m=20000&"),
        "locate, postcode": [f"/v1/locate?postcode={quoted(postcode)}" for postcode in found],
        "within 25 km, councils": at("within", "layer=lad&radius_m=25000&"),
        "within 25 km, ICBs": at("within", "layer=icb&radius_m=25000&"),
        "within 25 km, councils, contains": at("within", "layer=lad&radius_m=25000&relation=contains&"),
        "within 25 km, councils, residents": at("within", "layer=lad&radius_m=25000&residents=true&"),
        "within 100 km, councils": at("within", "layer=lad&radius_m=100000&"),
        "within 1 km, LSOAs": at("within", "layer=lsoa&radius_m=1000&"),
        "within 25 km, LSOAs": at("within", "layer=lsoa&radius_m=25000&")[:LONG_QUESTIONS],
        "nearest, councils": at("nearest", "layer=lad&"),
        "nearest, 20 LSOAs": at("nearest", "layer=lsoa&limit=20&"),
        "area": of(""),
        "neighbours": of("/neighbours"),
        "neighbours, order 3": of("/neighbours?order=3"),
        "overlaps": of("/overlaps/icb") + of("/overlaps/lad", some("icb", 36)),
        "overlay": [f"/v1/overlay/{left}/{right}.{form}" for left, right in pairs for form in ["json", "csv"]],
        "postcodes": [f"/v1/postcodes/{quoted(postcode)}" for postcode in found],
        "postcodes, outward and sectors": [f"/v1/postcodes/{quoted(part)}" for part in parts],
        "search": [f"/v1/search?q={quoted(text)}" for text in dict.fromkeys(typed(names, chance))],
        "children": of("/children/lsoa", councils) + of("/children/lad", some("rgn", 12) + some("icb", 36)),
        "parents": of("/parents"),
        "history": of("/history"),
        "profile": of("/profile"),
        "similar": of("/similar", english),
    }
    return {name: list(dict.fromkeys(paths))[:QUESTIONS] for name, paths in routes.items()}


def measure_routes():
    wanted = os.environ.get("ROUTES")
    server = serve(PORT)
    asked = questions()
    # What was asked to make the questions is no answer given before.
    stop(server)
    server = serve(PORT)
    print(f"{'route, ' + str(CLIENTS) + ' clients':36} {'questions':>9} {'first p50':>9} {'p99 ms':>8} {'again p50':>9} {'p99 ms':>8} {'a second':>9} {'faults':>6}")
    for name, paths in asked.items():
        if wanted and not re.search(wanted, name):
            continue
        first = ask(paths, True)
        again = ask(paths, False)
        over = " over" if max(first[1], again[1]) > LONGEST_MS else ""
        print(f"{name:36} {len(paths):9} {first[0]:9.2f} {first[1]:8.2f} {again[0]:9.2f} {again[1]:8.2f} {again[2]:9.0f} {first[3] + again[3]:6}{over}", flush=True)
    stop(server)
