// Levelling up on the page: weights, ranking, map and movers follow one another; every view is a link and a table.

import assert from "node:assert/strict";

import { barriers, coloursAt, settled } from "./browser.mjs";
import { phone, setStage, threePeriods } from "./stage.mjs";

const tool = "#layer=lad&tool=levelling&index=four-capitals";
const health = "stroke-admissions,minutes-to-stroke-unit,minutes-to-thrombectomy";
const councils = [
  ...["E08000032", "E08000033", "E08000034", "E08000035", "E08000036", "E06000001"],
  ...["E06000002", "E06000003", "E06000004", "E06000005", "E06000006", "E06000007"],
];

// Over three periods the best gain and the worst lose.
const stage = setStage(threePeriods("Widening rate", councils, (p, i) => 20 + (i - 5.5) * (p + 1)));
const { onPage } = stage;

const rows = (page) => page.locator(".ranking tbody tr");
const order = async (page) => (await rows(page).evaluateAll((all) => all.map((row) => row.dataset.code))).slice(0, 20);
const asked = async (path) => (await fetch(stage.origin + path)).json();

onPage("the ranking is the server's, with its intervals and what each capital adds", tool, async (page) => {
  await rows(page).first().waitFor();
  const answer = await asked("v1/analysis/index?index=four-capitals&layer=lad");
  const ranked = answer.results.filter((area) => area.rank !== null);
  assert.deepEqual(await order(page), ranked.slice(0, 20).map((area) => area.code));
  const first = rows(page).first();
  const [low, high] = ranked[0].rank_interval.both;
  assert.match(await first.locator(".interval-bar").getAttribute("aria-label"), new RegExp(`rank 1, between ${low} and ${high} `));
  assert.match(await first.locator(".contribution-bar").getAttribute("aria-label"), /Financial and physical [+−]\d/);
  // A capital of which nothing is measured is missing, with the words of the definition, and has no slider.
  const missing = page.locator(".capital.missing");
  assert.equal(await missing.count(), answer.capitals.filter((c) => c.status === "missing").length);
  assert.match(await missing.last().textContent(), /none of the twelve levelling-up missions is about natural capital/i);
  assert.equal(await missing.locator("input").count(), 0);
  assert.match(await page.locator(".levelling-note").textContent(), /never an allocation/);
});

onPage("a slider moved by keys moves ranking, legend and address; As defined puts it back", tool, async (page) => {
  await rows(page).first().waitFor();
  await settled(page);
  const before = await order(page);
  const legend = page.locator(".legend");
  assert.match(await legend.textContent(), /Four capitals/);
  const slider = page.getByLabel("Financial and physical", { exact: true });
  await slider.focus();
  await page.keyboard.press("Home");
  await page.waitForFunction(() => /weights=financial-physical:0/.test(location.hash));
  const alone = await asked("v1/analysis/index?index=four-capitals&layer=lad&weights=financial-physical:0");
  const expected = alone.results.filter((area) => area.rank !== null).slice(0, 20).map((area) => area.code);
  assert.notDeepEqual(expected, before);
  await page.waitForFunction((code) => document.querySelector(".ranking tbody tr")?.dataset.code === code, expected[0]);
  assert.deepEqual(await order(page), expected);
  assert.match(await slider.getAttribute("aria-valuetext"), /Weight 0\.00, 0% of the whole/);
  assert.match(await page.locator(".levelling-brief").textContent(), /\d+ enters? the worst third/);
  await page.getByRole("button", { name: "As defined" }).click();
  await page.waitForFunction((code) => document.querySelector(".ranking tbody tr")?.dataset.code === code, before[0]);
  assert.doesNotMatch(page.url(), /weights=/);
});

onPage("without health, the map and the lists say who enters and who leaves", tool, async (page) => {
  await rows(page).first().waitFor();
  await page.getByRole("switch", { name: "Health counts" }).uncheck();
  await page.getByRole("button", { name: "Who enters, who leaves" }).click();
  await page.locator(".movers-lists li").first().waitFor();
  const { comparison } = await asked(`v1/analysis/priority?index=four-capitals&layer=lad&without=${health}&draws=0`);
  const names = async (list) => (await page.locator(`.movers-lists .${list} .row-name`).allTextContents()).sort();
  assert.deepEqual(await names("enters"), comparison.enters.map((area) => area.name).sort());
  assert.deepEqual(await names("leaves"), comparison.leaves.map((area) => area.name).sort());
  assert.match(await page.locator(".movers-facts").textContent(), new RegExp(`${comparison.moved} of ${comparison.areas}`));
  await settled(page);
  const enters = page.locator("button.legend-row", { hasText: "Enters the worst third" }).locator(".legend-count");
  assert.equal(Number(await enters.textContent()), comparison.enters.length);
  // The same view from its address.
  const link = await page.evaluate(() => location.href);
  await page.goto("about:blank");
  await page.goto(link);
  await page.locator(".movers-lists li").first().waitFor();
  assert.equal(await page.getByRole("switch", { name: "Health counts" }).isChecked(), false);
  const csv = await page.locator(".levelling-csv").getAttribute("href");
  const table = await fetch(csv);
  assert.match(table.headers.get("content-type"), /text\/csv/);
  const lines = (await table.text()).split("\n").filter((line) => line.includes("enters category 1"));
  assert.equal(lines.length, comparison.enters.length);
});

onPage("another view colours the map anew, and so does closing the tool", `${tool}&without=${health}&at=10/53.44/-2.83`, async (page) => {
  await rows(page).first().waitFor();
  await page.getByRole("button", { name: "Who enters, who leaves" }).click();
  await page.locator(".movers-lists .enters", { hasText: "Knowsley" }).waitFor();
  // Some of these points may lie under the name of the area.
  const orange = async () => {
    await settled(page);
    const { x, y, width, height } = await page.locator(".map").boundingBox();
    const points = [-40, -20, 0, 20, 40].flatMap((dx) => [-40, -20, 0, 20, 40].map((dy) => [x + width / 2 + dx, y + height / 2 + dy]));
    return (await coloursAt(page, points)).some(([r, g, b]) => r === 230 && g === 97 && b === 1);
  };
  assert.ok(await orange(), "Knowsley enters and is drawn so");
  await page.getByRole("button", { name: "Close the tool" }).click();
  await page.waitForFunction(() => !/Four capitals/.test(document.querySelector(".legend-title").textContent));
  assert.ok(!(await orange()), "the indicator has its colours back");
});

onPage("closing the tool gives the map back to the indicator", tool, async (page) => {
  await rows(page).first().waitFor();
  await settled(page);
  assert.match(await page.locator(".legend-title").textContent(), /Four capitals/);
  await page.getByRole("button", { name: "Close the tool" }).click();
  await page.waitForFunction(() => !/Four capitals/.test(document.querySelector(".legend-title").textContent));
});

onPage("an index that lacks its data says what it waits for", "#layer=lad&tool=levelling&index=levelling-up-partnerships", async (page) => {
  const { results } = await asked("v1/analysis/index");
  const found = results.find((index) => index.id === "levelling-up-partnerships");
  if (found.status === "ready") return void (await rows(page).first().waitFor());
  await page.locator(".levelling-view", { hasText: "waits for" }).waitFor();
  const said = await page.locator(".levelling-view").textContent();
  for (const waiting of found.waiting_for) assert.ok(said.includes(waiting), waiting);
});

onPage("small areas are too many for a list, and the way to councils is there", "#layer=lsoa&tool=levelling&index=four-capitals", async (page) => {
  await page.locator(".levelling-view button").click();
  await rows(page).first().waitFor();
  assert.match(page.url(), /layer=lad@/);
});

onPage("progress draws the level and the gap of every period", "#layer=lad&tool=levelling&look=progress&progress=widening-rate", async (page) => {
  const { results } = await asked("v1/indicators");
  assert.ok(results.some((indicator) => indicator.id === "widening-rate"), "a server that LEVELMAP_URL names must hold the table");
  const charts = page.locator(".progress-chart");
  await charts.nth(1).waitFor();
  assert.equal(await charts.count(), 2);
  const gap = await charts.nth(1).locator("circle title").allTextContents();
  assert.deepEqual(gap.map((text) => text.split(":")[0]), ["2019", "2020", "2021"]);
  const values = gap.map((text) => Number(text.split(": ")[1]));
  assert.ok(values[0] < values[1] && values[1] < values[2], `${values}`);
  assert.match(await page.locator(".progress-result").textContent(), /The gap grew/);
  assert.equal((await fetch(await page.locator(".levelling-csv").getAttribute("href"))).status, 200);
});

for (const [name, hash, context] of [
  ["ranking, light", `${tool}&area=E08000035`, {}],
  ["movers, dark", `${tool}&look=movers&without=${health}`, { colorScheme: "dark" }],
  ["ranking, phone", tool, { ...phone, colorScheme: "dark" }],
]) {
  onPage(
    `nothing stands in the way of any reader: levelling up, ${name}`,
    hash,
    async (page) => {
      await page.locator(".ranking tbody tr, .movers-lists li").first().waitFor();
      await settled(page);
      assert.deepEqual(await barriers(page), []);
    },
    { context },
  );
}
