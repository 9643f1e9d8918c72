import assert from "node:assert/strict";
import { test } from "node:test";

import { readComparison, readDefinitions, readRanking } from "../../src/composite.ts";
import { categoryOf, paintMoves, paintRanking, ranksOf } from "../../src/composite-paint.ts";
import { healthOf, indexPath, indexQuery, isChanged, leftOut, readWeights, writeWeights } from "../../src/composite-question.ts";
import { progressPath } from "../../src/progress.ts";
import { fromHash } from "../../src/state.ts";

const part = (id: string, weight = 1) => ({ id, weight });
const [byCapital, byIndicator] = readDefinitions({
  results: [
    {
      id: "two",
      status: "ready",
      definition: { weighting: "capitals", capital: [{ capital: "human", weight: 2 }], indicator: [part("stroke-admissions"), part("pay")] },
    },
    {
      id: "four",
      status: "waiting",
      waiting_for: ["pay", { id: "skills" }],
      definition: { weighting: "indicators", indicator: [part("pay", 2), part("output"), part("healthy-life-expectancy")] },
    },
  ],
});
assert.ok(byCapital && byIndicator);
const measures = [
  { id: "pay", title: "Pay", capital: "financial-physical", share: 0.5, periods: [] },
  { id: "output", title: "Output", capital: "financial-physical", share: 0.25, periods: [] },
  { id: "healthy-life-expectancy", title: "Life", capital: "human", share: 0.25, periods: [] },
];
const asked = (definition: typeof byCapital, hash: string) => Object.fromEntries(indexQuery(definition, "lad@2025", fromHash(hash), measures));

test("definitions tell what they wait for", () => {
  assert.deepEqual([byCapital.isReady, byIndicator.isReady, byIndicator.waitingFor], [true, false, ["pay", "skills"]]);
});

test("weights of an address are kept where a slider can say them, and left out where they are the definition's", () => {
  assert.deepEqual([...readWeights("human:2.5,social:0,natural:9,health:1,human")], [["human", 2.5], ["social", 0]]);
  assert.equal(writeWeights(new Map([["human", 2], ["social", 1]]), byCapital), null);
  assert.equal(writeWeights(new Map([["human", 1], ["social", 0.5]]), byCapital), "human:1,social:0.5");
});

test("a capital's weight is asked as such, or laid on each of its indicators that still count", () => {
  assert.deepEqual(asked(byCapital, "#weights=human:3"), { index: "two", layer: "lad@2025", weights: "human:3" });
  assert.deepEqual(asked(byIndicator, "#weights=financial-physical:0.5&without=output"), {
    index: "four",
    layer: "lad@2025",
    weights: "pay:1",
    without: "output",
  });
  assert.equal(indexPath(new URLSearchParams({ index: "two" }), ".csv"), "v1/analysis/index.csv?index=two");
});

test("health is known by its words, one measure always stays, and a change is known as such", () => {
  assert.deepEqual(healthOf(byCapital), ["stroke-admissions"]);
  assert.deepEqual(healthOf(byIndicator), ["healthy-life-expectancy"]);
  assert.deepEqual(leftOut(byCapital, fromHash("#without=pay,stroke-admissions,other")), ["pay"]);
  assert.equal(isChanged(byCapital, fromHash("#without=other&weights=human:2")), false);
  assert.equal(isChanged(byCapital, fromHash("#without=pay")), true);
});

test("the ranks of a category are those that fall into it", () => {
  for (const [ranked, of] of [[317, 3], [317, 5], [7, 3], [294, 3]] as const)
    for (let rank = 1; rank <= ranked; rank += 1) {
      const [first, last] = ranksOf(categoryOf(rank, ranked, of), ranked, of);
      assert.ok(first <= rank && rank <= last, `${rank} of ${ranked} in ${of}: ${first} to ${last}`);
    }
});

const area = (code: string, rank: number | null) => ({ code, name: code, rank, score: rank, missing: rank === null ? ["pay"] : [] });
const ranking = readRanking({ index: "two", ranked: 3, results: [area("A", 1), area("B", 2), area("C", 3), area("D", null)] });

test("a ranking colours the map: the worst class last, the unranked hatched, what is outside plain", () => {
  const { values } = paintRanking(ranking, "lad@2025", ["A", "E"], "priority");
  assert.deepEqual(["A", "B", "C", "D", "E"].map((code) => values.areas.get(code)?.class), [2, 1, 0, null, null]);
  assert.deepEqual(values.classes.map((c) => c.count), [1, 1, 1]);
  assert.deepEqual(values.noData.map((c) => [c.flag, c.count, c.pattern]), [["outside", 1, null], ["not_ranked", 1, "diagonal"]]);
});

test("moves colour the map: who enters, who leaves, who stays", () => {
  const comparison = readComparison({
    comparison: { areas: 3, moves: [{ code: "A", from: 1, to: 2, rank_before: 1, rank_after: 2 }, { code: "B", from: 2, to: 1, rank_before: 2, rank_after: 1 }] },
    results: [{ code: "A", category: 2 }, { code: "B", category: 1 }, { code: "C", category: 3 }],
  });
  assert.ok(comparison);
  const { values } = paintMoves(ranking, comparison, "lad@2025", []);
  const labels = ["A", "B", "C", "D"].map((code) => values.classes[values.areas.get(code)?.class ?? -1]?.label ?? null);
  assert.deepEqual(labels, ["Leaves the worst third", "Enters the worst third", "Stays outside", null]);
  assert.equal(readComparison({ results: [] }), null);
});

test("all periods are asked in one question, the table of the first and the last", () => {
  const fields = (form: string) => Object.fromEntries(new URLSearchParams(progressPath("x", "lad", ["1", "2", "3"], form).split("?")[1]));
  assert.deepEqual(fields(""), { indicators: "x,x", layer: "lad", baseline: "1", period: "2,3", areas: "false" });
  assert.deepEqual(fields(".csv"), { indicators: "x", layer: "lad", baseline: "1", period: "3", areas: "true" });
});
