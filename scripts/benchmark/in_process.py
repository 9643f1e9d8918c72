"""What `cargo bench` has measured beside libraries of Rust: its lines `figure`, with the rounds of each."""

import json

from figures import FOLDER, floors

OUTPUT = FOLDER / "in_process.txt"


def measure_criterion(figures):
    known = floors()
    for line in OUTPUT.read_text().splitlines():
        kind, _, rest = line.partition("\t")
        name, _, rounds = rest.partition("\t")
        if kind == "figure" and name in known:
            figures.times(name, [tuple(pair) for pair in json.loads(rounds)])
