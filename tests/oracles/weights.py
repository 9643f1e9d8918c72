"""What libpysal reads from the weights files of `levelmap export --neighbours`, and what it works out itself.

Run with libpysal 4.14 and geopandas in a folder that holds, for a layer, the three files

    levelmap export lad --neighbours -o lad.gal
    levelmap export lad --neighbours -o lad.csv
    curl -o lad.geojson http://127.0.0.1:8080/v1/layers/lad.geojson

as `python weights.py lad icb@2022 > weights.json`. For each layer it tells how many areas, pairs and islands each file
holds, and compares the pairs with libpysal's own rook contiguity of the outlines. Borders between coverages, where two
sources drew one border, are ours alone: contiguity by common vertices cannot see them.
"""

import json
import sys
import warnings

import geopandas
import libpysal
import pandas

warnings.filterwarnings("ignore")


def pairs(w):
    return {(a, b) for a, row in w.neighbors.items() for b in row if a != b}


answer = {}
for layer in sys.argv[1:]:
    gal = libpysal.io.open(f"{layer}.gal", "r").read()
    table = pandas.read_csv(f"{layer}.csv")
    adjacency = libpysal.graph.Graph.from_adjacency(table[["focal", "neighbor", "weight"]])
    listed = set(map(tuple, table.loc[table.weight > 0, ["focal", "neighbor"]].to_numpy()))
    across = set(map(tuple, table.loc[table.approximate, ["focal", "neighbor"]].to_numpy()))
    shapes = geopandas.read_file(f"{layer}.geojson").set_index("code")
    rook = set(libpysal.graph.Graph.build_contiguity(shapes, rook=True).adjacency.loc[lambda s: s > 0].index)
    answer[layer] = {
        "areas": gal.n,
        "pairs": len(pairs(gal)),
        "islands": sorted(gal.islands),
        "gal_is_csv": pairs(gal) == listed,
        "graph_pairs": int(adjacency.n_edges),
        "graph_islands": sorted(adjacency.isolates),
        "symmetric": not gal.asymmetry(),
        "missed_of_rook": sorted(rook - listed),
        "beyond_rook": len(listed - rook),
        "beyond_rook_all_approximate": listed - rook <= across,
    }
json.dump(answer, sys.stdout, indent=1)
print()
