import assert from "node:assert/strict";
import { test } from "node:test";

import { readIndicators, readLayers } from "../../src/answers.ts";
import { choose, layerFor } from "../../src/choice.ts";
import { grouped, landUnder } from "../../src/footprint.ts";
import { fromHash } from "../../src/state.ts";

const layers = readLayers({
  results: [
    { id: "lsoa@2011", area_count: 34753, valid_to: null },
    { id: "nhs@2026", area_count: 62, valid_to: null },
    { id: "icb@2026", area_count: 36, valid_to: null },
    { id: "lad@2023", area_count: 361, valid_to: "2025-04-01" },
    { id: "lad@2025", area_count: 361, valid_to: null },
    { id: "wards@2024", area_count: 9, valid_to: null },
  ],
});
const indicators = readIndicators({
  results: [
    { id: "residents", polarity: "neutral" },
    { id: "waiting", polarity: "low-is-good", layers: ["icb"] },
    { id: "stroke-admissions", polarity: "low-is-good", layers: ["lad", "nhs"] },
  ],
});
const chosen = (hash: string) => choose(fromHash(hash), layers, indicators);

test("a bare address shows councils, an indicator that says better or worse, and NHS outlines", () => {
  const { layer, indicator, overlay, period } = chosen("");
  assert.deepEqual([layer?.id, indicator?.id, overlay?.id, period], ["lad@2025", "stroke-admissions", "nhs@2026", null]);
});

test("a kind means its current vintage, an id that vintage", () => {
  assert.equal(chosen("#layer=lad").layer?.id, "lad@2025");
  assert.equal(chosen("#layer=lad@2023").layer?.id, "lad@2023");
  assert.equal(chosen("#layer=nonsense").layer?.id, "lad@2025");
});

test("NHS bodies get council outlines, none stays none, and no layer lies over itself", () => {
  assert.equal(chosen("#layer=icb").overlay?.id, "lad@2025");
  assert.equal(chosen("#overlay=none").overlay, null);
  assert.equal(chosen("#layer=icb&overlay=icb").overlay?.id, "lad@2025");
});

test("choosing an indicator that the layer lacks leads to a layer that has it", () => {
  const waiting = indicators[1];
  const councils = layers.find((l) => l.id === "lad@2025") ?? null;
  assert.ok(waiting);
  assert.equal(layerFor(waiting, councils, layers)?.id, "icb@2026");
  const residents = indicators[0];
  assert.ok(residents);
  assert.equal(layerFor(residents, councils, layers), councils);
});

test("choices stand in families, earlier boundaries last, and every layer stands once", () => {
  const groups = grouped(layers).map((g) => [g.group, g.layers.map((l) => l.id)]);
  assert.deepEqual(groups, [
    ["council", ["lad@2025"]],
    ["health", ["nhs@2026", "icb@2026"]],
    ["small", ["lsoa@2011"]],
    ["other", ["wards@2024"]],
    ["earlier", ["lad@2023"]],
  ]);
});

test("the land is drawn under layers that leave some of it bare, and under no other", () => {
  const box = [-13.69, 49.86, 1.76, 60.85];
  const england = [-6.4, 49.86, 1.76, 55.81];
  const boxes = { ctry: box, lad: box, "own-lad": england, gb: box, icb: england };
  const drawn = readLayers({ results: Object.entries(boxes).map(([id, bbox]) => ({ id, kind: id.replace("own-", ""), bbox })) });
  const under = drawn.filter((layer) => landUnder(layer, drawn) !== null).map((layer) => layer.id);
  // Great Britain reaches as far as the kingdom, and Northern Ireland is bare.
  assert.deepEqual(under, ["own-lad", "gb", "icb"]);
});
