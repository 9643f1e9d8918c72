"""The dearest questions of levelling up over HTTP: an index with its uncertainty, and where small areas cluster.

The values of the index are drawn by lot for every council: ten indicators with 95 % limits, so that both draws, from the
errors of values and from weights, are made. Each question is another one, so that no answer is one that was kept.
"""

import json
import random
import subprocess
import time
import urllib.request

from programs import LEVELMAP, PORT, TEMPORARY, areas_of, serve, stop

INDICATORS, DRAWS, ROUNDS = 10, 1_000, 40
PERMUTATIONS, MORAN_ROUNDS = 999, 5
# What each is to stay under, in milliseconds.
LONGEST_INDEX_MS, LONGEST_MORAN_MS = 100.0, 5_000.0


def imported():
    """A store with values of every council, and its address."""
    store = f"sqlite:{TEMPORARY}/analysis.db"
    councils = [code for code, *_ in areas_of("lad")]
    chance = random.Random(5)
    for number in range(INDICATORS):
        table = TEMPORARY / f"measure-{number}.csv"
        lines = ["code,period,value,lower,upper"]
        for code in councils:
            value, error = chance.gauss(50, 10), chance.uniform(1, 3)
            lines.append(f"{code},2024,{value:.3f},{value - error:.3f},{value + error:.3f}")
        table.write_text("\n".join(lines) + "\n")
        words = ["--title", f"Measure {number}", "--unit", "%", "--kind", "index", "--polarity", "high-is-good"]
        subprocess.run([LEVELMAP, "import", *words, "--store", store, str(table)], capture_output=True, check=True)
    return store, len(councils)


def definition(chance):
    """An index of all ten, over two capitals, with other weights each time."""
    parts = [
        {"id": f"measure-{number}", "capital": "human" if number % 2 else "social", "weight": round(chance.uniform(0.5, 2), 3)}
        for number in range(INDICATORS)
    ]
    return {"id": "measured", "title": "Measured", "layer": "lad", "indicator": parts}


def asked(path, body=None):
    """The answer, and milliseconds that it took."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data=data, headers={"Content-Type": "application/json"})
    start = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as reply:
        answer = reply.read()
    took = (time.perf_counter() - start) * 1e3
    return json.loads(answer), took


def told(what, times, longest):
    times = sorted(times)
    half, last = times[len(times) // 2], times[-1]
    print(f"{what:64} {half:9.1f} {last:9.1f} {longest:9.0f}{' over' if last > longest else ''}", flush=True)


def measure_analysis():
    store, councils = imported()
    server = serve(PORT, store)
    print(f"{'one client; milliseconds':64} {'half':>9} {'longest':>9} {'at most':>9}")
    chance = random.Random(6)
    times = []
    for round_number in range(ROUNDS):
        answer, took = asked(f"/v1/analysis/index?draws={DRAWS}&seed={round_number}", definition(chance))
        if len(answer["results"]) != councils:
            raise RuntimeError(f"{len(answer['results'])} of {councils} councils have a score")
        times.append(took)
    told(f"index of {councils} councils, {INDICATORS} indicators, {DRAWS} draws", times, LONGEST_INDEX_MS)
    times = []
    for seed in range(MORAN_ROUNDS):
        query = f"indicator=stroke-admissions&layer=lsoa&permutations={PERMUTATIONS}&seed={seed}"
        answer, took = asked(f"/v1/analysis/autocorrelation?{query}")
        times.append(took)
    told(f"local Moran and G of {answer['count']} LSOAs, {PERMUTATIONS} permutations", times, LONGEST_MORAN_MS)
    stop(server)
