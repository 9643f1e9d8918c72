import assert from "node:assert/strict";
import { test } from "node:test";

import { Budget, covers } from "../../src/pace.ts";

test("where drawings are quick none has to wait", () => {
  const budget = new Budget();
  for (let now = 0; now < 1000; now += 16) {
    assert.equal(budget.mustWait(now), false);
    budget.start(now);
    // The next frame is asked for before the card has told that it is done.
    assert.equal(budget.mustWait(now + 15), false);
    budget.end(now + 15.5);
  }
});

test("after a slow drawing the next one waits twice as long as it took", () => {
  const budget = new Budget();
  budget.start(0);
  assert.equal(budget.mustWait(30), false, "it may still be quick");
  assert.equal(budget.mustWait(60), true, "it is slow, and under way");
  budget.end(100);
  assert.equal(budget.mustWait(101), true);
  assert.equal(budget.mustWait(299), true);
  assert.equal(budget.mustWait(300), false);
  budget.start(300);
  assert.equal(budget.mustWait(301), true, "what was slow is taken to be so again");
  budget.end(310);
  assert.equal(budget.mustWait(311), false, "until it is quick");
});

test("the wait after a very slow drawing ends", () => {
  const budget = new Budget();
  budget.start(0);
  budget.end(10_000);
  assert.equal(budget.mustWait(10_499), true);
  assert.equal(budget.mustWait(10_500), false);
});

test("a picture stands for a drawing while it covers half of the view and is not scaled much", () => {
  const [width, height] = [1000, 800];
  assert.ok(covers({ scale: 1, x: 0, y: 0 }, width, height));
  assert.ok(covers({ scale: 1, x: -490, y: 0 }, width, height));
  assert.ok(!covers({ scale: 1, x: -510, y: 0 }, width, height));
  assert.ok(!covers({ scale: 1, x: 300, y: -300 }, width, height));
  assert.ok(!covers({ scale: 1, x: -1100, y: -900 }, width, height), "two sides that are far out make no room");
  assert.ok(covers({ scale: 1.9, x: -400, y: -300 }, width, height));
  assert.ok(!covers({ scale: 2.1, x: -500, y: -400 }, width, height));
  assert.ok(!covers({ scale: 0.6, x: 200, y: 160 }, width, height), "a third of the view");
  assert.ok(!covers({ scale: Number.NaN, x: 0, y: 0 }, width, height));
});
