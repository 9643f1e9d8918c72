"""Composite indices worked out apart from Levelmap, with numpy, pandas and scipy.

    python composite_index.py BOUNDARIES [ELS] > composite_index.json

BOUNDARIES is the folder of that name in this repository; ELS a folder with the CSV files of ONS Explore Local
Statistics of 26 June 2026, without which the second part is left out.

1. `four-capitals`: the shipped indicators summed from small areas to the councils of 2025, the index by every
   normalisation, and the 5-95 % interval of ranks under drawn weights (numpy's Dirichlet, another generator).
2. `levelling-up-partnerships` against `economy-only`: quartile cuts, councils by metrics in the bottom quartile, thirds
   and movers. Only these sums are kept, no values.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

boundaries = Path(sys.argv[1])
PARTS = {
    "minutes-to-stroke-unit": "fp",
    "minutes-to-thrombectomy": "fp",
    "stroke-admissions": "human",
    "hard-pressed-postcodes": "human",
    "constrained-city-postcodes": "human",
}


def councils():
    blocks = pd.read_csv(boundaries / "lookups/ew_blocks.csv", dtype=str)
    vintages = pd.read_csv(boundaries / "lookups/lad_vintages.csv", dtype=str)
    table = pd.read_csv(boundaries / "indicators/lsoa_2011.csv").merge(blocks[["block", "lad@2011"]], left_on="code", right_on="block")
    table = table.merge(vintages[["lad@2011", "lad@2025"]], on="lad@2011")

    def ratio(top, bottom):
        kept = top.notna() & bottom.notna()
        sums = pd.DataFrame({"t": top[kept], "b": bottom[kept], "lad": table["lad@2025"][kept]}).groupby("lad").sum()
        all_people = table.groupby("lad@2025")["residents"].sum()
        covered = table[kept].groupby("lad@2025")["residents"].sum() / all_people
        value = sums["t"] / sums["b"]
        return value[covered.reindex(value.index) >= 0.9]

    t = table
    return pd.DataFrame(
        {
            "minutes-to-stroke-unit": ratio(t["minutes_to_stroke_unit"] * t["residents"], t["residents"]),
            "minutes-to-thrombectomy": ratio(t["minutes_to_thrombectomy"] * t["residents"], t["residents"]),
            "stroke-admissions": 1e5 * ratio(t["admissions_2017_2019"], 3 * t["residents"]),
            "hard-pressed-postcodes": 100 * ratio(t["postcodes_hard_pressed"], t["postcodes_classified"]),
            "constrained-city-postcodes": 100 * ratio(t["postcodes_constrained"], t["postcodes_classified"]),
        }
    ).sort_index()


def normalised(column, how):
    n, ranks = column.notna().sum(), column.rank()
    if how == "z":
        return (column - column.mean()) / column.std(ddof=0)
    if how == "min-max":
        return (column - column.min()) / (column.max() - column.min())
    if how == "rank":
        return ranks
    if how == "percentile":
        return 100 * (ranks - 0.5) / n
    return -23 * np.log(1 - (n - ranks + 1) / n * (1 - np.exp(-100 / 23)))


def weighted(frame, capital, within):
    """Mean within capitals, then of capitals; weight of what is missing goes to what is there."""
    means = {}
    for name in capital:
        mine = [p for p, c in PARTS.items() if c == name]
        w = np.array([within[p] for p in mine]) * frame[mine].notna()
        means[name] = (frame[mine].fillna(0) * w).sum(axis=1) / w.sum(axis=1)
    means = pd.DataFrame(means)
    w = np.array([capital[c] for c in means]) * means.notna()
    return (means.fillna(0) * w).sum(axis=1) / w.sum(axis=1)


def four_capitals():
    values = -councils()  # all five are better when lower
    share = pd.Series({p: 0.5 / sum(c == q for q in PARTS.values()) for p, c in PARTS.items()})
    values = values[(values.notna() * share).sum(axis=1) >= 0.75 - 1e-9]
    equal = {p: 1.0 for p in PARTS}
    out = {"ranked": len(values), "scores": {}}
    for how in ["z", "min-max", "rank", "percentile", "imd-exponential"]:
        frame = values.apply(normalised, how=how)
        out["scores"][how] = weighted(frame, {"fp": 1.0, "human": 1.0}, equal).round(6).to_dict()
    frame = values.apply(normalised, how="z")
    random = np.random.default_rng(7)
    ranks = []
    for _ in range(4000):
        capital = dict(zip(["fp", "human"], random.dirichlet([1, 1])))
        fp, human = random.dirichlet([1, 1]), random.dirichlet([1, 1, 1])
        ranks.append(weighted(frame, capital, dict(zip(PARTS, [*fp, *human]))).rank().to_numpy())
    ends = np.quantile(np.array(ranks), [0.05, 0.95], axis=0)
    out["rank_5_95_from_weights"] = {code: list(pair) for code, pair in zip(frame.index, ends.T.tolist())}
    return out


def rebuild(folder):
    new_code = {"E08000016": "E08000038", "E08000019": "E08000039"}

    def series(file, indicator, count):
        t = pd.read_csv(folder / file, encoding="utf-8-sig", low_memory=False)
        t = t[t["indicator"] == indicator].copy()
        t["areacd"] = t["areacd"].replace(new_code)
        t["observation"] = pd.to_numeric(t["observation"], errors="coerce")
        t = t[t["areacd"].str.match(r"E0[6789]|E10") & t["observation"].notna()]
        latest = sorted(t["period"].unique())[-count:]
        t = t[t["period"].isin(latest)].drop_duplicates(["areacd", "period"])
        return t.groupby("areacd")["observation"].mean()

    parents = pd.read_csv(boundaries / "lookups/lad_parents.csv", dtype=str)
    lads = parents[parents.iloc[:, 0].str.startswith("E")]
    utla = dict(zip(lads.iloc[:, 0], lads[[c for c in lads.columns if c.startswith("utla")][0]]))
    male = series("healthy-life-expectancy.csv", "Male healthy life expectancy", 1)
    female = series("healthy-life-expectancy.csv", "Female healthy life expectancy", 1)
    hle = (male + female) / 2
    frame = pd.DataFrame(
        {
            "gva": series("gross-value-added.csv", "Gross value added per hour worked", 3),
            "pay": series("gross-median-weekly-pay.csv", "Gross median weekly pay", 3),
            "l3": series("qualifications-level-3-or-above.csv", "Level 3 or above qualifications (Great Britain)", 2),
        }
    )
    frame = frame.reindex(list(utla))
    frame["hle"] = [hle.get(c, hle.get(utla[c], np.nan)) for c in frame.index]
    frame = frame.dropna()
    cuts = frame.quantile(0.25)
    low = (frame <= cuts).sum(axis=1)
    z = (frame - frame.mean()) / frame.std(ddof=0)
    four, three = z.mean(axis=1).rank(), z[["gva", "pay", "l3"]].mean(axis=1).rank()
    n = len(frame)
    after, before = np.ceil(3 * four / n), np.ceil(3 * three / n)
    return {
        "n": n,
        "cuts": {k: round(v, 3) for k, v in cuts.items()},
        "by_metrics_in_bottom_quartile": [int((low == k).sum()) for k in range(5)],
        "moved": int((after != before).sum()),
        "enters": sorted(frame.index[(after == 1) & (before != 1)]),
        "leaves": sorted(frame.index[(after != 1) & (before == 1)]),
        "between_2_and_3": int(((after != before) & (after != 1) & (before != 1)).sum()),
        "spearman": round(float(stats.spearmanr(four, three).statistic), 6),
    }


found = {"four_capitals": four_capitals()}
if len(sys.argv) > 2:
    found["levelling_up_partnerships"] = rebuild(Path(sys.argv[2]))
json.dump(found, sys.stdout, separators=(",", ":"))
print()
