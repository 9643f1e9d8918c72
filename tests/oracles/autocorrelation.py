"""What esda (PySAL) finds in its own example data and in shipped values with our neighbours, to compare ours with.

Run with esda 2.9, libpysal 4.14, geopandas and numba in a folder that holds

    levelmap export lad --neighbours --touch point -o lad.gal
    levelmap export lsoa --neighbours --touch point -o lsoa.gal
    curl -o lad.csv  'http://127.0.0.1:8080/v1/indicators/stroke-admissions/values.csv?layer=lad'
    curl -o lsoa.csv 'http://127.0.0.1:8080/v1/indicators/stroke-admissions/values.csv?layer=lsoa'
    curl -o north_east.json 'http://127.0.0.1:8080/v1/areas/E12000001/children/lsoa'

as `python autocorrelation.py > autocorrelation.json`. Seeds are stated; pseudo-p's are of 9,999 permutations.
"""

import json
import sys
import warnings

import geopandas
import libpysal
import numpy as np
import pandas
from esda.getisord import G, G_Local
from esda.moran import Moran, Moran_Local, Moran_Rate
from esda.smoothing import Empirical_Bayes, assuncao_rate
from libpysal.weights import Queen, W

warnings.filterwarnings("ignore")
PERMUTATIONS = 9_999
SEED = 20260401


def short(values, digits=7):
    return [None if not np.isfinite(v) else float(f"{v:.{digits - 1}e}") for v in np.asarray(values, float)]


def moran(found):
    return {
        "i": float(found.I),
        "expected": float(found.EI),
        "variance_normality": float(found.VI_norm),
        "variance_randomisation": float(found.VI_rand),
        "z_normality": float(found.z_norm),
        "z_randomisation": float(found.z_rand),
        "p_normality": float(found.p_norm),
        "p_randomisation": float(found.p_rand),
    }


def both(y, w):
    return {t: moran(Moran(y, w, transformation=t, permutations=0)) for t in ("r", "b")}


def local(y, w):
    found = Moran_Local(y, w, permutations=PERMUTATIONS, seed=SEED, n_jobs=1)
    # esda's conditional moments are of z_i lag_i / m2; its I_i is (n - 1) / n times that.
    scale = (found.n - 1) / found.n
    z = (found.Is - scale * found.EIc) / (scale * np.sqrt(found.VIc))
    return {"i": short(found.Is), "z": short(z), "p": short(found.p_sim, 5)}


def getis(y, w):
    general = G(y, w, permutations=0)
    out = {"g": float(general.G), "expected": float(general.EG), "variance": float(general.VG), "z": float(general.z_norm)}
    for name, star in (("gi", False), ("gi_star", True)):
        found = G_Local(y, w, transform="B", permutations=0, star=star)
        out[name] = {"g": short(found.Gs), "z": short(found.Zs)}
    return out


def example(name, y, w):
    order = w.id_order
    number = {code: i for i, code in enumerate(order)}
    return {
        "name": name,
        "values": [float(v) for v in y],
        "neighbours": [[number[other] for other in w.neighbors[code]] for code in order],
        "moran": both(y, w),
        "local": local(y, w),
        "getis": getis(y, w) if min(y) >= 0 else None,
    }


def examples():
    path = libpysal.examples.get_path
    stl = libpysal.io.open(path("stl_hom.txt"))
    yield example("stl_hom HR8893", np.array(stl.by_col["HR8893"]), libpysal.io.open(path("stl.gal")).read())
    sids = libpysal.io.open(path("sids2.dbf"))
    w = libpysal.io.open(path("sids2.gal")).read()
    yield example("sids2 SIDR74", np.array(sids.by_col["SIDR74"]), w)
    columbus = geopandas.read_file(path("columbus.shp"))
    yield example("columbus CRIME", columbus.CRIME.to_numpy(), Queen.from_dataframe(columbus, use_index=False))
    e, b = (np.array(sids.by_col[c], float) for c in ("SID79", "BIR79"))
    rate = Moran_Rate(e, b, w, permutations=0)
    yield {
        "name": "sids2 SID79 of BIR79",
        "events": e.tolist(),
        "people": b.tolist(),
        "neighbours": [[w.id2i[other] for other in w.neighbors[code]] for code in w.id_order],
        "moran": {"r": moran(rate)},
        "standardised": short(assuncao_rate(e, b)),
        "smoothed": short(Empirical_Bayes(e, b).r.flatten()),
    }


def shipped(layer, keep=None):
    table = pandas.read_csv(f"{layer}.csv").set_index("code")
    table = table[table.value.notna() & (True if keep is None else table.index.isin(keep))]
    gal = libpysal.io.open(f"{layer}.gal").read()
    codes = list(table.index)
    known = set(codes)
    neighbours = {code: [other for other in gal.neighbors[code] if other in known] for code in codes}
    w = W(neighbours, id_order=codes, silence_warnings=True)
    y, e, b = (table[c].to_numpy(float) for c in ("value", "count", "denominator"))
    rates = assuncao_rate(e, b)
    return {
        "layer": layer,
        "codes": codes,
        "islands": w.islands,
        "moran": both(y, w),
        "local": local(y, w),
        "getis": getis(y, w),
        "eb": {
            "moran": moran(Moran_Rate(e, b, w, permutations=0)),
            "standardised": short(rates),
            "smoothed": short(100_000 * Empirical_Bayes(e, b).r.flatten()),
            "local": local(rates, w),
        },
    }


if __name__ == "__main__":
    north_east = [area["code"] for area in json.load(open("north_east.json"))["results"]]
    answer = {
        "permutations": PERMUTATIONS,
        "seed": SEED,
        "examples": list(examples()),
        "shipped": [shipped("lad"), shipped("lsoa", north_east)],
    }
    json.dump(answer, sys.stdout, separators=(",", ":"))
    print()
