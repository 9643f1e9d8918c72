"""What PHStatsMethods and numpy make of the shipped indicators, for the councils of 2011 in England and Wales.

Run from the root of the project with PHStatsMethods 0.1.16 as `python tests/oracles/inequality.py >
tests/oracles/inequality.json`. Limits of rates (Byar's, exact ones below ten) and of proportions (Wilson's), control
limits of proportions around England's value, a directly standardised rate: all PHStatsMethods'. It has no slope
index; that is worked here by numpy's least squares on groups made by a loop over the ranked councils, and its limits by
drawing every group anew with numpy's own generator.
"""

import json
import sys

import numpy
import pandas
from PHStatsMethods import euro_standard_pop, ph_dsr, ph_proportion, ph_rate, wilson

blocks = pandas.read_csv("boundaries/indicators/lsoa_2011.csv")
places = pandas.read_csv("boundaries/lookups/ew_blocks.csv", usecols=["block", "lad@2011"])
joined = blocks.merge(places, left_on="code", right_on="block").drop(columns=["code", "block"])
# A council has a value where all its small areas have one: the sum of what is missing is missing.
councils = joined.groupby("lad@2011").agg(lambda column: column.sum(skipna=False) if column.name != "lad@2011" else column)
councils.index.name = "code"
councils = councils.reset_index()
answer = {"phstatsmethods": "0.1.16"}

shown = list(councils.code[::29])


def limits(frame):
    rows = {}
    for row in frame[frame.code.isin(shown)].itertuples():
        rows[row.code] = [row.Value, row.lower_95_ci, row.upper_95_ci, row.lower_99_8_ci, row.upper_99_8_ci]
    return rows


rates = councils.dropna(subset=["admissions_2017_2019"]).copy()
rates["years"] = 3 * rates.residents
answer["stroke-admissions"] = limits(
    ph_rate(rates, "admissions_2017_2019", "years", "code", confidence=[0.95, 0.998], multiplier=100_000)
)
shares = councils.dropna(subset=["residents_over_30_minutes"]).copy()
answer["over-30-minutes-from-stroke-unit"] = limits(
    ph_proportion(shares, "residents_over_30_minutes", "residents", "code", confidence=[0.95, 0.998], multiplier=100)
)

england = shares[shares.code.str.startswith("E")]
benchmark = england.residents_over_30_minutes.sum() / england.residents.sum()
answer["control_limits"] = {"benchmark": 100 * benchmark, "areas": {}}
for row in shares[shares.code.isin(shown)].itertuples():
    pair = [wilson(benchmark * row.residents, row.residents, confidence) for confidence in (0.95, 0.998)]
    answer["control_limits"]["areas"][row.code] = [100 * limit for limits_of in pair for limit in limits_of]

counts = [127, 25, 18, 21, 12, 27, 48, 27, 29, 32, 32, 34, 45, 65, 38, 68, 74, 82, 91]
people = [636, 558, 609, 543, 384, 594, 669, 843, 660, 576, 606, 522, 426, 273, 300, 288, 153, 123, 207]
bands = pandas.DataFrame({"count": counts, "people": people, "standard": euro_standard_pop().iloc[:, -1].to_numpy()})
dsr = ph_dsr(bands, "count", "people", "standard", confidence=[0.95, 0.998], euro_standard_pops=False)
answer["dsr"] = {name: float(dsr[name].iloc[0]) for name in dsr.columns if "ci" in name.lower() or name == "Value"}
answer["dsr"].pop("Confidence", None)


def slope(frame, count, under, multiplier, back, there):
    frame = frame.copy()
    # Worst first: many hard-pressed postcodes are worse.
    frame["rank"] = -frame.postcodes_hard_pressed / frame.postcodes_classified
    frame = frame.sort_values(["rank", "code"], kind="stable")
    everyone, before = frame.residents.sum(), 0.0
    members = [[] for _ in range(10)]
    for place, row in enumerate(frame.itertuples()):
        members[min(int((before + row.residents / 2) / everyone * 10), 9)].append(place)
        before += row.residents
    groups = [frame.iloc[m] for m in members]
    made = pandas.DataFrame(
        {
            "group": range(1, 11),
            "events": [g[count].sum() for g in groups],
            "under": [(under * g.residents).sum() for g in groups],
            "people": [g.residents.sum() for g in groups],
        }
    )
    if multiplier == 100:
        frame = ph_proportion(made, "events", "under", "group", multiplier=multiplier)
    else:
        frame = ph_rate(made, "events", "under", "group", multiplier=multiplier)
    values, lower, upper = (there(frame[c].to_numpy(float)) for c in ["Value", "lower_95_ci", "upper_95_ci"])
    share = made.people.to_numpy(float) / everyone
    rank = share.cumsum() - share / 2
    design = numpy.sqrt(share)[:, None] * numpy.column_stack([numpy.ones(10), rank])

    def ends(y):
        found, *_ = numpy.linalg.lstsq(design, numpy.sqrt(share) * y, rcond=None)
        return back(found[0]), back(found[0] + found[1])

    first, last = ends(values)
    generator = numpy.random.default_rng(1)
    error = (upper - lower) / (2 * 1.959963984540054)
    drawn = values[:, None] + error[:, None] * generator.standard_normal((10, 400_000))
    found, *_ = numpy.linalg.lstsq(design, numpy.sqrt(share)[:, None] * drawn, rcond=None)
    firsts, lasts = back(found[0]), back(found[0] + found[1])
    return {
        "sii": last - first,
        "rii": last / first,
        "sii_limits": list(numpy.quantile(lasts - firsts, [0.025, 0.975])),
        "rii_limits": list(numpy.quantile(lasts / firsts, [0.025, 0.975])),
        "sii_sd": float((lasts - firsts).std()),
        "rii_sd": float((lasts / firsts).std()),
        "groups": frame["Value"].tolist(),
    }


answer["slope"] = {
    "stroke-admissions": slope(rates, "admissions_2017_2019", 3, 100_000, numpy.exp, numpy.log),
    "over-30-minutes-from-stroke-unit": slope(
        shares,
        "residents_over_30_minutes",
        1,
        100,
        lambda x: 100 / (1 + numpy.exp(-x)),
        lambda p: numpy.log(p / (100 - p)),
    ),
}
json.dump(answer, sys.stdout, indent=1, default=float)
print()
