"""Class breaks by mapclassify (PySAL) for seeded random data, to compare ours with.

Run by hand: python tests/oracles/mapclassify_breaks.py
Needs: numpy, mapclassify. Writes mapclassify_breaks.json next to itself.
"""

import json
import pathlib
import warnings

import mapclassify
import numpy as np

warnings.filterwarnings("ignore")


def entry(classifier):
    return {
        "uppers": [float(b) for b in classifier.bins],
        "counts": [int(c) for c in classifier.counts],
        "gadf": float(classifier.get_gadf()),
    }


def cases():
    rng = np.random.default_rng(20260401)
    yield "normal_200", np.round(rng.normal(50, 12, 200), 2)
    yield "skewed_361", np.round(rng.lognormal(3, 1.2, 361), 1)
    yield "uniform_97", np.round(rng.uniform(-30, 30, 97), 3)
    yield "counts_with_ties_150", rng.poisson(3, 150).astype(float)
    yield "two_clusters_80", np.round(np.concatenate([rng.normal(5, 1, 40), rng.normal(90, 2, 40)]), 2)
    yield "mostly_zero_120", np.where(rng.uniform(size=120) < 0.7, 0.0, np.round(rng.exponential(4, 120), 1))


def main():
    out = {"mapclassify": mapclassify.__version__, "cases": []}
    for name, values in cases():
        for k in (3, 5, 7):
            made = {
                "quantile": entry(mapclassify.Quantiles(values, k)),
                "equal": entry(mapclassify.EqualInterval(values, k)),
                "pretty": entry(mapclassify.PrettyBreaks(values, k)),
            }
            if len(np.unique(values)) >= k:
                made["jenks"] = entry(mapclassify.FisherJenks(values, k))
            if k == 5:
                made["headtail"] = entry(mapclassify.HeadTailBreaks(values))
                made["std"] = entry(mapclassify.StdMean(values))
                low, high = np.percentile(values, [30, 80])
                breaks = sorted({float(np.round(low, 1)), float(np.round(high, 1))})
                made["manual"] = entry(mapclassify.UserDefined(values, breaks)) | {"breaks": breaks}
            out["cases"].append({"name": name, "k": k, "values": values.tolist(), "made": made})
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
