import assert from "node:assert/strict";
import { test } from "node:test";

import { readIndicators, readLayers } from "../../src/answers.ts";
import { readNames } from "../../src/names.ts";
import { bounds, correlation, steps } from "../../src/plot.ts";
import { choroplethPath, questionOf } from "../../src/question.ts";
import { fromHash } from "../../src/state.ts";

const [layer] = readLayers({ results: [{ id: "lad@2025", kind: "lad" }] });
const [rate, other] = readIndicators({
  results: [
    { id: "rate", title: "Rate", periods: ["2019", "2020"], sexes: ["female", "male"], ages: [] },
    { id: "other", title: "Other", periods: ["2020"] },
  ],
});
const asked = (hash: string, second = false) =>
  questionOf(
    { layer: layer ?? null, indicator: rate ?? null, period: null, overlay: null, second: second ? (other ?? null) : null },
    fromHash(hash),
  );

test("the address of a view says all that was chosen, and no more", () => {
  const question = asked("#sex=female&age=65&method=equal&classes=7");
  assert.ok(question);
  assert.equal(
    choroplethPath(question, ".png", { width: "800" }),
    "v1/choropleth/lad@2025/rate.png?sex=female&method=equal&classes=7&over=periods&width=800",
  );
});

test("classes are the period's own where that was chosen, and for comparisons and two measures", () => {
  assert.equal(asked("#classes_of=period")?.over, null);
  assert.equal(asked("#method=benchmark")?.over, null);
  const both = asked("#method=equal&classes=7", true);
  assert.deepEqual([both?.over, both?.method, both?.classes, both?.indicator2], [null, null, null, "other"]);
});

test("a side of a plot has room, round steps inside its bounds, and never no length", () => {
  const { low, high } = bounds([3, 97, 50]);
  assert.ok(low < 3 && high > 97);
  assert.deepEqual(steps(low, high), [20, 40, 60, 80]);
  const flat = bounds([5, 5]);
  assert.ok(flat.high > flat.low);
  assert.deepEqual(bounds([]), { low: 0, high: 1 });
});

test("correlation is 1 on a line, -1 on a falling one, and none where nothing varies", () => {
  assert.ok(Math.abs((correlation([[1, 2], [2, 4], [3, 6]]) ?? 0) - 1) < 1e-12);
  assert.ok(Math.abs((correlation([[1, 6], [2, 4], [3, 2]]) ?? 0) + 1) < 1e-12);
  assert.equal(correlation([[1, 1], [2, 1]]), null);
});

test("names are read from a table, in quotes or not", () => {
  const names = readNames('code,name,lon,lat\nE06000023,"Bristol, City of",-2.6,51.4\nE08000035,Leeds,-1.5,53.8\nX1,"The ""Isles""",0,0\n');
  assert.deepEqual([...names], [["E06000023", "Bristol, City of"], ["E08000035", "Leeds"], ["X1", 'The "Isles"']]);
});
