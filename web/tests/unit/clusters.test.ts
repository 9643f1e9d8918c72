import assert from "node:assert/strict";
import { test } from "node:test";

import { clustersPath, inClusters, paintClusters, pseudoP, quadrantFills, readClusters } from "../../src/clusters.ts";

const area = (code: string, cluster: string | null, local_i: number, p: number | null) => ({ code, name: code, value: 1.25, local_i, p, cluster });
const answer = {
  indicator: "rate",
  title: "Rate",
  unit: "%",
  period: "2020",
  permutations: 9999,
  seed: 1,
  moran: { i: 0.5, expected: -0.25, permutation: { pseudo_p: 0.0001 } },
  local_moran: { tests: 4, q: 0.05 },
  results: [area("A", "low-low", 1, 0.01), area("B", null, 0.2, 0.4), area("C", "high-high", 2, 0.002), area("D", "high-high", 3, 0.001), area("E", null, 0, null)],
  notes: ["1 areas have no neighbour"],
};
const clusters = readClusters(answer);

test("areas in a cluster stand by quadrant, the farthest from chance first", () => {
  assert.deepEqual(inClusters(clusters).map((a) => a.code), ["D", "C", "A"]);
});

test("an answer without Moran's I, or of unnamed areas, cannot be read", () => {
  assert.throws(() => readClusters({ ...answer, moran: undefined }), /clusters\.moran/);
  assert.throws(() => readClusters({ ...answer, results: [{}] }), /clusters\.results\.code/);
});

test("the map has a class for each quadrant and for what chance explains; untested and valueless areas have none", () => {
  const { values, indicator, layer } = paintClusters(clusters, "rate", "lad@2025", 1, ["A", "B", "C", "D", "E", "F"]);
  assert.equal(layer, "lad@2025");
  assert.match(indicator.title, /Rate/);
  const told = (code: string) => {
    const found = values.areas.get(code);
    return found?.class === null || found?.class === undefined ? (found?.flag ?? null) : values.classes[found.class]?.fill;
  };
  const grey = values.classes[0]?.fill;
  assert.deepEqual(["A", "B", "C", "E", "F"].map(told), [quadrantFills["low-low"], grey, quadrantFills["high-high"], "not_tested", "no_value"]);
  assert.deepEqual(values.classes.map((c) => c.count), [1, 0, 0, 1, 2]);
  assert.deepEqual(values.noData.map((c) => [c.flag, c.count]), [["not_tested", 1], ["no_value", 1]]);
  assert.equal(values.areas.get("C")?.said, "High among high: 1.3% (p = 0.0020)");
});

test("the question is that of the view, with fewer shuffles where they would take long", () => {
  const question = { layer: "lad@2025", indicator: "rate", period: "2020", sex: null, age: null, method: "jenks", classes: "7", palette: null, over: null, indicator2: null };
  assert.equal(clustersPath(question, 361), "v1/analysis/autocorrelation?indicator=rate&layer=lad%402025&permutations=9999&period=2020");
  assert.match(clustersPath(question, 34_753, ".csv"), /autocorrelation\.csv\?.*permutations=999&/);
});

test("a pseudo-p has the digits that its shuffles can tell apart", () => {
  assert.deepEqual([pseudoP(0.001, 999), pseudoP(0.0001, 9999), pseudoP(0.5, 9)], ["0.001", "0.0001", "0.50"]);
});
