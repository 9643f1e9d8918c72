#!/usr/bin/env python3
"""What pyarrow and shapely find in a GeoParquet file that the program wrote, as JSON; run by tests/integration/exports.rs."""
import json
import sys

import pyarrow.parquet
import shapely

table = pyarrow.parquet.read_table(sys.argv[1])
about = json.loads(table.schema.metadata[b"geo"])
shapes = shapely.from_wkb(table[about["primary_column"]].to_numpy(zero_copy_only=False))
assert all(shapely.is_valid(shapes))
print(json.dumps({
    "version": about["version"],
    "codes": table["code"].to_pylist(),
    "area": float(shapely.area(shapes).sum()),
    "values": float(sum(v for v in table["value"].to_pylist() if v is not None)),
}))
