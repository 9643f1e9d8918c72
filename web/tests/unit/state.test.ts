import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHash, toHash } from "../../src/state.ts";
import type { State } from "../../src/state.ts";

const whole: State = {
  layer: "lad@2025",
  indicator: "stroke-admissions",
  period: "2023/24",
  overlay: "nhs@2026",
  selected: "E08000035",
  view: { lon: -1.5491, lat: 53.8008, zoom: 8.25 },
  sex: "Female",
  age: "65+ yrs",
  method: "equal",
  classes: "7",
  palette: "viridis",
  classesOf: "period",
  second: "residents",
  tool: "compare",
  compared: "E08000035,E08000032",
  index: "four-capitals",
  weights: "financial-physical:2,human:0.5",
  without: "stroke-admissions,minutes-to-stroke-unit",
  against: "economy-only",
  look: "movers",
  paint: "priority",
  progress: "healthy-life-expectancy-male",
  point: { lon: -1.5491, lat: 53.8008 },
  radius: 20_000,
};

test("an address restores every choice and the view", () => {
  assert.deepEqual(fromHash(toHash(whole)), whole);
});

test("an address stays readable", () => {
  assert.equal(
    toHash(whole),
    "#layer=lad@2025&indicator=stroke-admissions&period=2023/24&overlay=nhs@2026&area=E08000035" +
      "&sex=Female&age=65%2B%20yrs&method=equal&classes=7&palette=viridis&classes_of=period&with=residents" +
      "&tool=compare&compare=E08000035,E08000032&index=four-capitals&weights=financial-physical:2,human:0.5" +
      "&without=stroke-admissions,minutes-to-stroke-unit&against=economy-only&look=movers&paint=priority" +
      "&progress=healthy-life-expectancy-male&at=8.25/53.8008/-1.5491&point=53.80080/-1.54910&radius=20000",
  );
});

test("what was not chosen is not in the address", () => {
  const nothing = Object.fromEntries(Object.keys(whole).map((field) => [field, null])) as unknown as State;
  assert.equal(toHash(nothing), "");
  assert.deepEqual(fromHash(""), nothing);
});

test("what cannot be read is left out, and the rest is kept", () => {
  const state = fromHash("#layer=<script>&indicator=residents&at=99/1/2&area=E06000065");
  assert.equal(state.layer, null);
  assert.equal(state.view, null);
  assert.equal(state.indicator, "residents");
  assert.equal(state.selected, "E06000065");
  for (const at of ["", "5", "5/54", "5/54/-2/1", "x/54/-2", "5/91/0", "5/0/181"])
    assert.equal(fromHash(`#at=${at}`).view, null, at);
});

test("a point and its radius are written and read, a radius without a point is not", () => {
  const hash = "#point=53.80080/-1.54910&radius=20000";
  const state = fromHash(hash);
  assert.deepEqual([state.point, state.radius], [{ lon: -1.5491, lat: 53.8008 }, 20_000]);
  assert.equal(toHash(state), hash);
  for (const wrong of ["#radius=20000", "#point=53.8&radius=5", "#point=95/0", "#point=a/b", "#point=/"])
    assert.equal(fromHash(wrong).point, null, wrong);
  assert.equal(fromHash("#point=53.8/-1.5&radius=9").radius, null);
});
