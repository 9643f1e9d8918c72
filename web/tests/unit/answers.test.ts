import assert from "node:assert/strict";
import { test } from "node:test";

import { readArea, readIndicators, readLayers, readValues, Unreadable } from "../../src/answers.ts";

const legend = {
  classes: [
    { lower: 1, upper: 5, fill: "#c7e9b4", count: 2 },
    { lower: 5, upper: 9, fill: "#225ea8", count: 1, label: "5 to 9" },
  ],
  no_data: [
    { flag: "suppressed", fill: "#b0b0b0", count: 1, pattern: "diagonal" },
    { flag: "missing", fill: "#e0e0e0", count: 1, pattern: "plain" },
  ],
};

const rows = [
  { code: "E06000001", name: "Hartlepool", value: 3, class: 0, flag: null },
  { code: "E06000002", name: "Middlesbrough", value: 0, class: 0, flag: null },
  { code: "E06000003", name: "Redcar and Cleveland", value: 7, class: 1, flag: "low_reliability" },
  { code: "E06000004", name: "Stockton-on-Tees", value: null, class: null, flag: "suppressed" },
  { code: "E06000005", name: "Darlington", value: null, class: null, flag: "missing" },
];

const columns = {
  codes: rows.map((r) => r.code),
  names: rows.map((r) => r.name),
  values: rows.map((r) => r.value),
  classes: rows.map((r) => r.class),
  flags: rows.map((r) => r.flag),
};

test("values read the same from columns, from rows and from features", () => {
  const shared = { legend, period: "2023" };
  const fromColumns = readValues({ ...columns, ...shared });
  const fromRows = readValues({ results: rows, ...shared });
  const fromFeatures = readValues({ features: rows.map((properties) => ({ properties })), ...shared });
  assert.deepEqual(fromRows, fromColumns);
  assert.deepEqual(fromFeatures, fromColumns);
  assert.equal(fromColumns.areas.size, 5);
  assert.equal(fromColumns.period, "2023");
});

test("suppressed, missing and zero stay three different things", () => {
  const { areas, noData } = readValues({ ...columns, legend });
  assert.equal(areas.get("E06000002")?.value, 0);
  assert.equal(areas.get("E06000002")?.class, 0);
  assert.equal(areas.get("E06000004")?.value, null);
  assert.deepEqual(
    noData.map((c) => [c.flag, c.pattern]),
    [
      ["suppressed", "diagonal"],
      ["missing", null],
    ],
  );
});

test("a no-data class that stands among the classes is told apart by its flag", () => {
  const mixed = { classes: [...legend.classes, ...legend.no_data] };
  const read = readValues({ ...columns, legend: mixed });
  assert.equal(read.classes.length, 2);
  assert.equal(read.noData.length, 2);
});

test("a class that the legend does not have colours nothing", () => {
  const read = readValues({ results: [{ code: "X", value: 1, class: 7 }], legend });
  assert.equal(read.areas.get("X")?.class, null);
});

test("a colour that is no colour never reaches the style", () => {
  const read = readValues({ results: [], legend: { classes: [{ fill: "url(javascript:1)", count: 1 }] } });
  assert.match(read.classes[0]?.fill ?? "", /^#[0-9a-f]{6}$/);
});

test("an answer of another shape is named, not guessed at", () => {
  for (const answer of [null, [], "x", {}, { results: [1], legend }, { results: [{}], legend }, { codes: ["X"] }])
    assert.throws(() => readValues(answer), Unreadable, JSON.stringify(answer));
  assert.throws(() => readLayers({ layers: [] }), Unreadable);
});

test("a layer is current when the server says so, or when it has no end", () => {
  const [now, then, said] = readLayers({
    results: [
      { id: "lad@2025", valid_to: null },
      { id: "lad@2023", valid_to: "2025-04-01" },
      { id: "icb@2022", valid_to: null, current: false },
    ],
  });
  assert.deepEqual([now?.current, then?.current, said?.current], [true, false, false]);
  assert.deepEqual([now?.kind, now?.areaCount, now?.bbox], ["lad", 0, null]);
});

test("periods and layers may be texts or objects", () => {
  const [plain, rich] = readIndicators({
    results: [
      { id: "a", periods: ["2022"], layers: ["lad"] },
      { id: "b", periods: [{ id: "2022" }, { period: "2023" }], layers: [{ kind: "lad" }, { id: "icb@2026" }] },
    ],
  });
  assert.deepEqual([plain?.periods, plain?.layers], [["2022"], ["lad"]]);
  assert.deepEqual([rich?.periods, rich?.layers], [["2022", "2023"], ["lad", "icb@2026"]]);
});

test("plain ground has the colour of the page, a pattern that of the server", () => {
  const { noData } = readValues({ ...columns, legend });
  assert.deepEqual(noData.map((c) => [c.flag, c.fill, c.pattern]), [
    ["suppressed", "#b0b0b0", "diagonal"],
    ["missing", null, null],
  ]);
});

test("what an area lies in is told by the ids of the layers", () => {
  const parents = {
    rgn: { code: "E12000003", name: "Yorkshire and The Humber", layer: "rgn", vintage: "2025" },
    ambulance: { code: "YAS", name: "Yorkshire Ambulance Service NHS Trust", vintage: "2022" },
  };
  assert.deepEqual(readArea({ code: "E08000035", parents }).parents, [
    { code: "E12000003", name: "Yorkshire and The Humber", layer: "rgn@2025" },
    { code: "YAS", name: "Yorkshire Ambulance Service NHS Trust", layer: "ambulance@2022" },
  ]);
  assert.deepEqual(readArea({ code: "E08000035" }).parents, []);
  assert.throws(() => readArea({ code: "E08000035", parents: { rgn: {} } }), Unreadable);
});
