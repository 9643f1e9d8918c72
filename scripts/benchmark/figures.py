"""What was measured: kept from part to part, held against the floors, printed and written down."""

import json
import platform
import statistics
import subprocess
import tomllib
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FOLDER = ROOT / "target" / "bench"
RESULTS = FOLDER / "results.json"
DOCUMENT = ROOT / "docs" / "performance.md"
# Parts of scripts/bench that have no peer, and what they show.
PLAIN = {
    "start": "The server's start (500 ms until it answers, 250 MB once it rests):",
    "import": "A large import (at most 10 s and 200 MB for a million rows):",
    "locate": "A large stream of points:",
    "routes": "Every question about places over HTTP (99 of 100 answers within 5 ms):",
    "scaling": "Time and memory against size, in process, with the exponents that fit:",
    "analysis": "An index with its uncertainty (100 ms) and clusters of small areas (5 s) over HTTP:",
}
BEGIN, END = "<!-- results: written by `make bench` -->", "<!-- end of results -->"


def floors():
    return tomllib.loads((HERE / "floors.toml").read_text())


class Figures:
    """Ratios by their names in floors.toml, and peers that could not be had."""

    def __init__(self):
        kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        self.ratios = kept.get("ratios", {})
        self.absent = kept.get("absent", {})
        self.versions = kept.get("versions", {})

    def save(self):
        FOLDER.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(vars(self), indent=1, sort_keys=True))

    def rates(self, name, rounds):
        """Rounds of (ours, the peer's), more being better."""
        self._record(name, "/s", rounds, [ours / peer for ours, peer in rounds])

    def times(self, name, rounds):
        """Rounds of (ours, the peer's) in seconds, less being better."""
        self._record(name, "s", rounds, [peer / ours for ours, peer in rounds])

    def _record(self, name, unit, rounds, ratios):
        self.ratios[name] = {
            "unit": unit,
            "ours": statistics.median(ours for ours, _ in rounds),
            "peer": statistics.median(peer for _, peer in rounds),
            "ratio": statistics.median(ratios),
            "lowest": min(ratios),
            "highest": max(ratios),
            "rounds": len(rounds),
            "date": date.today().isoformat(),
        }
        self.absent.pop(name, None)
        self.save()
        print(row(name, self.ratios[name], floors()[name]), flush=True)

    def without(self, name, why):
        self.ratios.pop(name, None)
        self.absent[name] = why
        self.save()
        print(f"{name}: {why}", flush=True)

    def version(self, what, text):
        self.versions[what] = text
        self.save()


def scaled(value, unit):
    if unit == "/s":
        return f"{value:,.0f}/s"
    for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "us")):
        if value * factor >= 1:
            return f"{value * factor:,.3g} {name}"
    return f"{value * 1e9:,.3g} ns"


def verdict(figure, floor):
    if "ratio" not in floor:
        return "shown"
    return "met" if figure["ratio"] >= floor["ratio"] else "NOT MET"


def cells(name, figure, floor):
    least = f"{floor['ratio']:g}" if "ratio" in floor else "-"
    ratio = f"{figure['ratio']:.3g}"
    spread = f"{figure['lowest']:.3g} to {figure['highest']:.3g}"
    ours, peer = scaled(figure["ours"], figure["unit"]), scaled(figure["peer"], figure["unit"])
    return [floor["what"], floor["peer"], ours, peer, ratio, spread, least, verdict(figure, floor)]


def row(name, figure, floor):
    what, peer, ours, theirs, ratio, spread, least, met = cells(name, figure, floor)
    return f"{name:18} {ours:>12} {theirs:>12}  x {ratio:>6} ({spread})  floor {least:>4}  {met:8} {what}; {peer}"


def table(figures):
    lines = [
        "| what | peer | ours | peer's | times as fast | of the rounds | floor | |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, floor in floors().items():
        if name in figures.ratios:
            lines.append("| " + " | ".join(cells(name, figures.ratios[name], floor)) + " |")
        else:
            why = figures.absent.get(name, "not measured")
            least = f"{floor['ratio']:g}" if "ratio" in floor else "-"
            lines.append(f"| {floor['what']} | {floor['peer']} | - | - | - | - | {least} | {why} |")
    return lines


def machine():
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    memory = Path("/proc/meminfo").read_text().split()[1]
    return f"{model}, {cores} cores, {int(memory) / 2**20:.0f} GB, {platform.system()} {platform.release().split('-')[0]}"


def write_document(figures):
    """Puts the table between the marks of docs/performance.md; the words around it are ours to write."""
    dates = sorted({figure["date"] for figure in figures.ratios.values()})
    when = " to ".join(dict.fromkeys([dates[0], dates[-1]])) if dates else "never"
    versions = "; ".join(f"{what} {text}" for what, text in sorted(figures.versions.items()))
    lines = [BEGIN, "", f"`make bench`, {when}. {machine()}. {versions}.", "", *table(figures), ""]
    for part, words in PLAIN.items():
        text = FOLDER / f"{part}.txt"
        if text.exists():
            lines += [words, "", "```text", *text.read_text().rstrip().splitlines(), "```", ""]
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    DOCUMENT.write_text(before + "\n".join(lines) + END + after)


def check(figures):
    """Words on every ratio that has a floor and is below it or was not measured. A peer that could not be had is named, and is
    no failure."""
    faults = []
    for name, floor in floors().items():
        figure = figures.ratios.get(name)
        if name in figures.absent:
            print(f"{name}: {figures.absent[name]}")
        elif figure is None:
            if "ratio" in floor:
                faults.append(f"{name}: not measured")
        elif verdict(figure, floor) == "NOT MET":
            faults.append(row(name, figure, floor))
    return faults
