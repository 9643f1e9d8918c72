"""Programs that are measured: started, asked, and stopped."""

import atexit
import csv
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from figures import ROOT

TEMPORARY = Path(tempfile.mkdtemp(prefix="levelmap-bench-"))
atexit.register(shutil.rmtree, TEMPORARY, ignore_errors=True)
# PostgreSQL and nginx run as users of their own, who must be able to come in.
TEMPORARY.chmod(0o755)

LEVELMAP = os.environ.get("LEVELMAP", str(ROOT / "target/release/levelmap"))
MEASURE = os.environ.get("MEASURE", str(ROOT / "target/release/examples/measure"))
PORT = int(os.environ.get("PORT", "8099"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))

running = []


def stop_all():
    for process in running:
        process.terminate()


atexit.register(stop_all)


def stop(process):
    process.terminate()
    process.wait(timeout=20)
    running.remove(process)


def started(command, port, path="/", ready=(200,)):
    """A server, once it answers."""
    log = (TEMPORARY / f"log-{port}").open("ab")
    process = subprocess.Popen(command, stdout=log, stderr=log)
    running.append(process)
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended: {(TEMPORARY / f'log-{port}').read_text()[-500:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1) as reply:
                if reply.status in ready:
                    return process
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{command[0]} does not answer on port {port}")


def serve(port, store=None):
    """Our server, once it has done what it does beside the first requests."""
    store = store or f"sqlite:{TEMPORARY}/none.db"
    command = [LEVELMAP, "serve", "--listen", f"127.0.0.1:{port}", "--store", store]
    process = started(command, port, "/health/ready")
    before = -1.0
    for _ in range(60):
        now = processor_seconds(process)
        if now - before < 0.05:
            break
        before = now
        time.sleep(1)
    return process


def processor_seconds(process):
    """What a process has taken of the processors so far, its own and the kernel's for it."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fetch(url, headers=None):
    request = urllib.request.Request(url, headers=headers or {})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return reply.headers, reply.read()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


LOAD = """
local paths, headers, at = {}, {}, tonumber(os.getenv("START") or "0")
for line in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = line end
for name, value in string.gmatch(os.getenv("HEADERS") or "", "([^:]+):([^;]+);") do headers[name] = value end
local requests = {}
-- Only then does wrk know the host, which it puts in.
init = function()
  for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path, headers) end
end
request = function() at = at % #requests + 1; return requests[at] end
done = function(summary, latency)
  io.write(string.format("%s %.3f %.3f %.1f %d\\n", "figures", latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.requests / (summary.duration / 1e6), summary.errors.status + summary.errors.timeout + summary.errors.read))
end
"""


def load(port, paths, headers=None, seconds=3, clients=32):
    """Requests a second that wrk gets answered, over paths in turn."""
    script, listed = TEMPORARY / "load.lua", TEMPORARY / "paths"
    script.write_text(LOAD)
    listed.write_text("\n".join(paths) + "\n")
    written = "".join(f"{name}:{value};" for name, value in (headers or {}).items())
    environment = {**os.environ, "PATHS": str(listed), "HEADERS": written}
    # A peer may take seconds for one of many clients.
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "20s", "-s", str(script), f"http://127.0.0.1:{port}"]
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    figures = re.search(r"^figures (\S+) (\S+) (\S+) (\d+)", out, re.M)
    if figures is None or int(figures[4]) > 0:
        raise RuntimeError(f"wrk on port {port}, {paths[0]}: {out}")
    return float(figures[3])


def in_turn(*measures, rounds=ROUNDS, warm=True):
    """Rounds of every measure, one after another and each round the other way about; the first is thrown away."""
    kept = []
    for number in range(rounds + warm):
        order = range(len(measures)) if number % 2 == 0 else range(len(measures) - 1, -1, -1)
        got = [None] * len(measures)
        for place in order:
            got[place] = measures[place]()
        if number >= warm:
            kept.append(tuple(got))
    return kept


class Measure:
    """Our own code in a process that stays: examples/measure.rs."""

    def __init__(self):
        self.process = subprocess.Popen([MEASURE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        running.append(self.process)

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"measure ended at: {question}")
        return json.loads(line)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)
        running.remove(self.process)


def postcodes(measure):
    """A file of the postcodes of England and Wales with their places, in no order; the points of every join."""
    import random

    file = TEMPORARY / "postcodes.csv"
    if not file.exists():
        everything = TEMPORARY / "all.csv"
        measure.ask(f"postcodes {everything}")
        header, *lines = everything.read_text().splitlines()
        random.Random(4).shuffle(lines)
        file.write_text("\n".join([header, *lines[: 1_000_000]]) + "\n")
    return file


def layer(name):
    """A layer as a GeoPackage."""
    file = TEMPORARY / f"{name}.gpkg"
    if not file.exists():
        subprocess.run([LEVELMAP, "export", name, "-o", str(file)], check=True, stderr=subprocess.DEVNULL)
    return file


def areas_of(layer):
    """Code, name and a place in each area of a layer."""
    out = subprocess.run([LEVELMAP, "export", layer, "--format", "csv"], capture_output=True, text=True, check=True).stdout
    return [(row["code"], row["name"], row["lon"], row["lat"]) for row in csv.DictReader(out.splitlines())]
