"""How soon the server answers, and how much memory it holds once it has done what it does ahead of need."""

import re
import statistics
import subprocess
import time
import urllib.request
from pathlib import Path

from programs import LEVELMAP, PORT, TEMPORARY, running, stop

STARTS = 5
LONGEST_MS = 500
MOST_MB = 250
# What is made ahead of need takes three seconds on two cores, and threads that are not needed end two seconds later.
REST_S = 10


def started_in_ms():
    """A server and how long its first answer took, from before it was started."""
    before = time.monotonic()
    command = [LEVELMAP, "serve", "--listen", f"127.0.0.1:{PORT}", "--store", f"sqlite:{TEMPORARY}/start.db"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    running.append(process)
    while time.monotonic() - before < 60:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/v1/locate?lon=-1.5456&lat=53.7995", timeout=10).close()
            return process, (time.monotonic() - before) * 1e3
        except OSError:
            time.sleep(0.005)
    raise RuntimeError("the server gives no answer within a minute")


def resident_mb(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


def measure_start():
    waits, memory = [], []
    for _ in range(STARTS):
        process, wait = started_in_ms()
        waits.append(wait)
        time.sleep(REST_S)
        memory.append(resident_mb(process))
        stop(process)
    print(f"{f'{STARTS} starts':46} {'least':>8} {'half':>8} {'most':>8} {'at most':>8}")
    for what, all_of_it, most in (
        ("from the start to the first answer, ms", waits, LONGEST_MS),
        (f"resident memory {REST_S} s later, MB", memory, MOST_MB),
    ):
        half = statistics.median(all_of_it)
        over = " over" if half > most else ""
        print(f"{what:46} {min(all_of_it):8.0f} {half:8.0f} {max(all_of_it):8.0f} {most:8}{over}", flush=True)
