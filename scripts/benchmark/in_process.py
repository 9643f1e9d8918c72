"""What `cargo bench` has measured: in each group of criterion `levelmap` stands beside its peers."""

import json

from figures import ROOT, floors

FOLDER = ROOT / "target" / "criterion"


def seconds(folder):
    estimates = json.loads((folder / "new" / "estimates.json").read_text())
    return estimates["median"]["point_estimate"] / 1e9


def measure_criterion(figures):
    """The figure `group--peer` for every group that has `levelmap` and a peer, where floors.toml knows it."""
    known = floors()
    for ours in sorted(FOLDER.glob("*/levelmap")):
        for peer in sorted(ours.parent.iterdir()):
            name = f"{ours.parent.name}--{peer.name}"
            if name in known and (peer / "new" / "estimates.json").exists():
                figures.times(name, [(seconds(ours), seconds(peer))])
