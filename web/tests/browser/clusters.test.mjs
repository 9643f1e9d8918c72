// Where it clusters, and what the map shows when a tool takes a part of its room.

import assert from "node:assert/strict";

import { barriers, coloursAt, settled } from "./browser.mjs";
import { leeds, phone, setStage } from "./stage.mjs";

const stage = setStage();
const { onPage } = stage;

const view = "#layer=lad&indicator=stroke-admissions&tool=levelling&look=clusters";
const question = "v1/analysis/autocorrelation?indicator=stroke-admissions&layer=lad&permutations=9999";
const ask = async (path) => (await fetch(stage.origin + path)).json();
const rows = (page) => page.locator(".clusters tbody tr");

const labels = { "high-high": "High among high", "low-low": "Low among low", "high-low": "High among low", "low-high": "Low among high" };

onPage("clusters are the server's: colours, counts, Moran's I with its p and seed, table and CSV", view, async (page) => {
  await rows(page).first().waitFor();
  await settled(page);
  const found = await ask(question);
  const kept = found.results.filter((area) => area.cluster !== null);
  assert.ok(kept.length > 10, `${kept.length} areas in a cluster`);
  assert.match(await page.locator(".legend-title").textContent(), /Where it clusters: Stroke admissions/);
  const counts = {};
  for (const row of await page.locator(".legend-classes:not(.no-data) button.legend-row").all())
    counts[await row.locator(".legend-range").textContent()] = Number((await row.locator(".legend-count").textContent()).replace(/,/g, ""));
  const { clusters, tests } = found.local_moran;
  const expected = Object.fromEntries(Object.entries(labels).map(([quadrant, label]) => [label, clusters[quadrant]]));
  assert.deepEqual(counts, { ...expected, "Not significant": tests - kept.length });
  assert.equal(await rows(page).count(), Math.min(60, kept.length));
  const facts = await page.locator(".clusters .movers-facts").textContent();
  assert.ok(facts.includes(found.moran.i.toFixed(3)), facts);
  assert.ok(facts.includes(found.moran.permutation.pseudo_p.toFixed(4)), facts);
  assert.match(facts, /none of 9,999 shuffles.*seed 1/);
  assert.match(facts, new RegExp(`${kept.length} of ${tests}`));
  assert.match(await page.locator(".clusters h3").textContent(), /like their neighbours/);
  const csv = await (await fetch(await page.locator(".clusters .levelling-csv").getAttribute("href"))).text();
  // The last columns hold no text with commas: they are counted from the end.
  const [head, ...lines] = csv.trim().split("\n").map((line) => line.trim().split(","));
  const fromEnd = head.indexOf("cluster") - head.length;
  assert.equal(lines.filter((line) => line.at(fromEnd) in labels).length, kept.length);
});

onPage("an area in a cluster is drawn so, and said so under the pointer", `${view}&at=9/52.85/1.05`, async (page) => {
  await rows(page).first().waitFor();
  const { results } = await ask(question);
  assert.equal(results.find((area) => area.name === "Broadland").cluster, "high-high");
  await settled(page);
  const { x, y, width, height } = await page.locator(".map").boundingBox();
  const points = [-40, -20, 0, 20, 40].flatMap((dx) => [-40, -20, 0, 20, 40].map((dy) => [x + width / 2 + dx, y + height / 2 + dy]));
  // Some of these points may lie under a name or an outline.
  assert.ok((await coloursAt(page, points)).some(([r, g, b]) => r === 215 && g === 25 && b === 28), "high among high is red");
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.locator(".pointer-note", { hasText: /High among high: \d+ per 100,000 a year \(p = 0\.\d{4}\)/ }).waitFor();
});

onPage("the keyboard opens the clusters, a link restores them, and one button gives the ordinary map back", "#layer=lad&indicator=stroke-admissions&tool=levelling", async (page) => {
  await page.getByRole("button", { name: "Where it clusters" }).focus();
  await page.keyboard.press("Enter");
  await rows(page).first().waitFor();
  assert.match(await page.locator("[aria-live]").first().textContent(), /Stroke admissions: Areas are like their neighbours/);
  assert.match(page.url(), /look=clusters/);
  const seen = async () => [await page.locator(".legend").textContent(), await page.locator(".clusters-result").textContent()];
  const before = await seen();
  const link = page.url();
  await page.goto("about:blank");
  await page.goto(link);
  await rows(page).first().waitFor();
  await settled(page);
  assert.deepEqual(await seen(), before);
  await rows(page).first().getByRole("button").focus();
  await page.keyboard.press("Enter");
  await page.locator(".panel").waitFor();
  assert.match(await page.locator(".panel-number").textContent(), /High among high/);
  await page.getByRole("button", { name: "Back to the map of the indicator" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".dock").waitFor({ state: "hidden" });
  assert.equal(await page.locator(".legend-title").textContent(), "Stroke admissions");
  assert.doesNotMatch(page.url(), /look=|tool=/);
});

onPage("another indicator is tested anew, and what cannot be tested is said in words", view, async (page) => {
  await rows(page).first().waitFor();
  await page.locator("#clusters-of").selectOption("minutes-to-stroke-unit");
  await page.locator(".legend-title", { hasText: "Minutes to the nearest stroke unit" }).waitFor();
  assert.equal(await page.locator("#indicator").inputValue(), "minutes-to-stroke-unit");
});

onPage(
  "what has too few areas to be tested is said by the server, in words",
  "#layer=ctry&indicator=residents&tool=levelling&look=clusters",
  async (page) => {
    await page.locator(".clusters-result [role=alert]", { hasText: /at least 4/ }).waitFor();
    assert.doesNotMatch(await page.locator(".legend-title").textContent(), /Where it clusters/);
  },
  // The browser itself reports an answer of 400.
  { faultsAllowed: true },
);

for (const [name, context] of [
  ["light", {}],
  ["dark", { colorScheme: "dark" }],
  ["phone", phone],
]) {
  onPage(
    `nothing stands in the way of any reader: where it clusters, ${name}`,
    view,
    async (page) => {
      await rows(page).first().waitFor();
      await settled(page);
      assert.deepEqual(await barriers(page), []);
    },
    { context },
  );
}

/** Where the map looks, once the address has told it: zoom, latitude, longitude. */
async function looksAt(page, isIt) {
  await page.waitForFunction(isIt);
  return /at=([\d.]+)\/([-\d.]+)\/([-\d.]+)/.exec(page.url()).slice(1).map(Number);
}

onPage("a tool that takes room leaves the same places in sight, and gives the view back when it closes", leeds, async (page) => {
  await settled(page);
  const { height } = await page.locator(".map").boundingBox();
  await page.getByRole("button", { name: "Table", exact: true }).click();
  const [zoom, lat, lon] = await looksAt(page, () => Number(/at=([\d.]+)/.exec(location.hash)[1]) < 8.9);
  const room = (await page.locator(".map").boundingBox()).height;
  // All that was seen fits into what is left: as much farther away as the map is lower.
  assert.ok(Math.abs(zoom - (9 - Math.log2(height / room))) < 0.02, `zoom ${zoom}`);
  assert.ok(Math.abs(lat - 53.8) < 0.01 && Math.abs(lon + 1.55) < 0.001, `${lat} ${lon}`);
  await page.getByRole("button", { name: "Close the tool" }).click();
  const back = await looksAt(page, () => Number(/at=([\d.]+)/.exec(location.hash)[1]) > 8.9);
  assert.deepEqual(back.map((n) => Number(n.toFixed(2))), [9, 53.8, -1.55]);
});

onPage("who goes elsewhere while a tool is open stays there when it closes", leeds, async (page) => {
  await settled(page);
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await looksAt(page, () => Number(/at=([\d.]+)/.exec(location.hash)[1]) < 8.9);
  const { x, y, width, height } = await page.locator(".map").boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width / 2 - 200, y + height / 2, { steps: 8 });
  await page.mouse.up();
  const [, , lon] = await looksAt(page, () => Number(/at=[\d.]+\/[-\d.]+\/([-\d.]+)/.exec(location.hash)[1]) > -1.4);
  await page.getByRole("button", { name: "Close the tool" }).click();
  await page.locator(".dock").waitFor({ state: "hidden" });
  await settled(page);
  assert.ok(Math.abs((await looksAt(page, () => true))[2] - lon) < 0.2, "the map is where the reader went");
});

onPage("a link to an open tool looks where it says", `${leeds}&tool=table`, async (page) => {
  await page.locator(".dock tbody tr").first().waitFor();
  await settled(page);
  await page.waitForTimeout(500);
  assert.deepEqual(await looksAt(page, () => true), [9, 53.8, -1.55]);
});

onPage("a link to an area that tells no view shows the area", "#layer=lad&area=E08000035", async (page) => {
  const [zoom, lat, lon] = await looksAt(page, () => Number(/at=([\d.]+)/.exec(location.hash)?.[1]) > 8);
  assert.ok(zoom < 12 && Math.abs(lat - 53.8) < 0.2 && Math.abs(lon + 1.5) < 0.5, `${zoom} ${lat} ${lon}`);
});

onPage(
  "on a phone levelling up shows the ranking at once, its colours below, and nothing runs off the side",
  "#layer=lad&tool=levelling&index=four-capitals",
  async (page) => {
    const first = page.locator(".ranking tbody tr").first();
    await first.waitFor();
    await settled(page);
    const sheet = await page.locator(".side").boundingBox();
    const row = await first.boundingBox();
    assert.ok(row.y + row.height <= sheet.y, "the first area is seen without scrolling");
    assert.match(await page.locator(".ramp").textContent(), /Four capitals/);
    assert.ok(await page.locator(".ramp").isVisible());
    const slider = page.getByLabel("Human", { exact: true });
    assert.ok(!(await slider.isVisible()));
    await page.getByText("Weights, measures and health").tap();
    await slider.waitFor();
    const over = await page.locator(".dock-body").evaluate((e) => e.scrollWidth - e.clientWidth);
    assert.ok(over <= 0, `${over} px too wide`);
  },
  { context: phone },
);
