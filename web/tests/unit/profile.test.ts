import assert from "node:assert/strict";
import { test } from "node:test";

import { groupProfile, marksOf, readProfile } from "../../src/profile.ts";
import { destination, distance_m, rim } from "../../src/circle.ts";

const row = (indicator: string, capital: string | null, value: number | null) => ({
  indicator,
  title: indicator,
  unit: "%",
  capital,
  value,
  parents: { rgn: { value: 3 }, ctry: { value: 2 }, uk: { value: null } },
  spread: { min: 1, q1: 2, median: 3, q3: 4, max: 5 },
  trend: [{ period: "2022", value: 1 }, { period: "2023" }],
});

const parents = {
  cauth: { code: "E47000003", name: "West Yorkshire" },
  rgn: { code: "E12000003", name: "Yorkshire and The Humber" },
  ctry: { code: "E92000001", name: "England" },
  uk: { code: "K02000001", name: "United Kingdom" },
};

test("a profile goes by the capitals, says which are missing and which have no value", () => {
  const rows = readProfile({ results: [row("a", "natural", 1), row("b", "human", 2), row("c", null, 3), row("d", "social", null)] });
  const { groups, missing, without } = groupProfile(rows);
  assert.deepEqual(
    groups.map((g) => [g.capital, g.rows.map((r) => r.id)]),
    [["human", ["b"]], ["natural", ["a"]], [null, ["c"]]],
  );
  assert.deepEqual(missing, ["financial-physical", "social"]);
  assert.deepEqual(without.map((r) => r.id), ["d"]);
});

test("the country and the nearest parent are marked where they have values", () => {
  const [first] = readProfile({ parents, results: [row("a", null, 1)] });
  assert.ok(first);
  assert.deepEqual(marksOf(first).country?.name, "England");
  assert.deepEqual(marksOf(first).parent?.code, "E12000003");
  assert.equal(first.marks.length, 2);
  assert.deepEqual(first.trend.map((t) => t.value), [1, null]);
});

test("a profile without rows is not read", () => {
  assert.throws(() => readProfile({ rows: [] }), /profile.results/);
});

test("a drawn circle is as far away as it should be", () => {
  const leeds = { lon: -1.5491, lat: 53.8008 };
  for (const point of rim(leeds, 20_000, 12)) assert.ok(Math.abs(distance_m(leeds, point) / 20_000 - 1) < 1e-4);
  // A degree of latitude there is 111.3 km, and of longitude 65.9 km (WGS 84).
  const north = destination(leeds, 0, 111_300);
  assert.ok(Math.abs(north.lat - leeds.lat - 1) < 3e-3, String(north.lat));
  const east = destination(leeds, 90, 6_590);
  assert.ok(Math.abs(east.lon - leeds.lon - 0.1) < 3e-4, String(east.lon));
});
