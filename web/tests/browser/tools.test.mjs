// The tools of the page: table, compare, scatter, two measures, classes, time, take away, embed, print.

import assert from "node:assert/strict";
import { test } from "node:test";

import { barriers, settled } from "./browser.mjs";
import { leeds, options, phone, setStage, threePeriods } from "./stage.mjs";

const both = "#layer=lad&indicator=stroke-admissions&with=minutes-to-stroke-unit";
const councils = ["E08000035", "E08000032", "E08000033", "E08000034", "E08000036", "E06000065"];

// Rising by ten from each period to the next.
const stage = setStage(threePeriods("Test rate", councils, (p, i) => 10 * p + i + 1));
const { onPage } = stage;

onPage("the table holds what the map shows, is sorted by its heads, and selects", leeds, async (page) => {
  await settled(page);
  await page.getByRole("button", { name: "Table", exact: true }).click();
  const rows = page.locator(".dock tbody tr");
  await rows.first().waitFor();
  assert.match(page.url(), /tool=table/);
  const said = await page.locator("#layer option:checked").textContent();
  assert.equal(await rows.count(), Number(/([\d,]+)$/.exec(said)[1].replace(/,/g, "")), "a row for each area");
  const values = async () =>
    (await page.locator(".dock tbody td:nth-of-type(2)").allTextContents()).filter(Boolean).map((t) => Number(t.replace(/,/g, "")));
  const falling = await values();
  assert.ok(falling.length > 100);
  assert.deepEqual(falling, [...falling].sort((a, b) => b - a));
  await page.locator('[data-column="value"] button').click();
  const rising = await values();
  assert.deepEqual(rising, [...rising].sort((a, b) => a - b));
  await page.locator(".dock").getByRole("button", { name: "Leeds", exact: true }).click();
  assert.match(await page.locator(".panel h2").textContent(), /Leeds/);
  assert.equal(await page.locator(".dock tr[aria-current]").count(), 1);
});

onPage("areas are put side by side, from the map and by name, and taken away", `${leeds}&tool=compare&area=E08000035`, async (page) => {
  await settled(page);
  await page.getByRole("button", { name: "Add Leeds" }).click();
  await page.locator("#compare-name").fill("bradford");
  await page.locator("#compare-name").press("Enter");
  const heads = page.locator(".compare thead th.number");
  await heads.nth(1).waitFor();
  await page.locator(".compare tbody tr").nth(3).waitFor();
  assert.deepEqual((await heads.allTextContents()).map((t) => t.replace("×", "")), ["Leeds", "Bradford"]);
  assert.match(page.url(), /compare=E08000035,E08000032/);
  await page.locator(".compare tbody tr", { hasText: "Stroke admissions" }).locator("td", { hasText: /\d/ }).nth(1).waitFor();
  const cells = await page.locator(".compare tbody tr", { hasText: "Stroke admissions" }).locator("td").allTextContents();
  assert.equal(cells.length, 2);
  for (const cell of cells) assert.match(cell, /\d/);
  await page.locator("#compare-name").fill("Atlantis");
  await page.locator("#compare-name").press("Enter");
  assert.match(await page.locator(".compare-said").textContent(), /Atlantis/);
  await page.getByRole("button", { name: "Remove Leeds" }).click();
  assert.doesNotMatch(page.url(), /compare=E08000035/);
});

onPage("a name that is being typed outlasts the answers that come meanwhile", `${leeds}&tool=compare`, async (page) => {
  await settled(page);
  let come;
  const held = new Promise((resolve) => (come = resolve));
  await page.route("**/v1/areas/*/profile*", async (route) => {
    await held;
    await route.continue();
  });
  const field = page.locator("#compare-name");
  await field.fill("leeds");
  await field.press("Enter");
  await page.locator(".compare thead th.number").waitFor();
  await field.fill("bradf");
  come();
  await page.locator(".compare tbody tr").nth(3).waitFor();
  assert.equal(await field.inputValue(), "bradf");
  assert.ok(await field.evaluate((it) => it === document.activeElement), "and keeps the focus");
});

onPage("a scatter is picked on and the map lets the others step back", `${both}&tool=scatter`, async (page) => {
  await settled(page);
  const dots = page.locator(".scatter circle");
  await dots.first().waitFor();
  const all = await dots.count();
  assert.ok(all > 200, `${all} points`);
  const box = await page.locator(".scatter svg").boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.75, { steps: 4 });
  await page.mouse.up();
  const dim = await page.locator(".scatter circle.dim").count();
  assert.ok(dim > 0 && dim < all, `${dim} of ${all} step back`);
  const said = await page.locator(".scatter-said").textContent();
  assert.equal(Number(/^[\d,]+/.exec(said)[0].replace(",", "")), all - dim);
  await page.getByRole("button", { name: "Let go" }).click();
  assert.equal(await page.locator(".scatter circle.dim").count(), 0);
});

onPage("two measures make a square of nine classes that hold the areas", both, async (page) => {
  await settled(page);
  assert.equal(await page.locator(".legend-classes.square button").count(), 9);
  assert.match(await page.locator(".legend-title").textContent(), /Stroke admissions/);
  await page.locator("#second").selectOption("");
  await settled(page);
  assert.equal(await page.locator(".legend-classes.square").count(), 0);
});

onPage("classes are made as the reader chooses, and the address keeps it", leeds, async (page) => {
  await settled(page);
  await page.locator(".classing summary").click();
  await page.locator("#class-count").selectOption("7");
  await page.locator(".legend-classes button.legend-row").nth(6).waitFor();
  await page.locator("#class-method").selectOption("equal");
  await page.locator("#class-palette").selectOption("viridis");
  await page.waitForFunction(() => /method=equal&classes=7&palette=viridis/.test(location.hash));
  await settled(page);
  assert.equal(await page.locator(".legend-classes:not(.no-data) button").count(), 7);
});

onPage("time has a slider, and classes that hold for all periods", "#layer=lad&indicator=test-rate", async (page) => {
  await settled(page);
  assert.equal(await page.locator(".time-said").textContent(), "2021");
  const ranges = () => page.locator(".legend-classes:not(.no-data) .legend-range").allTextContents();
  const latest = await ranges();
  await page.locator("#time").focus();
  await page.keyboard.press("Home");
  await page.waitForFunction(() => /period=2019/.test(location.hash));
  await page.locator(".legend-unit", { hasText: "2019" }).waitFor();
  assert.deepEqual(await ranges(), latest, "a colour means the same in each period");
  await page.getByLabel("Same classes in all periods").uncheck();
  await page.waitForFunction((old) => {
    const now = [...document.querySelectorAll(".legend-classes:not(.no-data) .legend-range")].map((e) => e.textContent);
    return now.length > 0 && now.join() !== old.join();
  }, latest);
});

onPage("time plays to its end and stops", "#layer=lad&indicator=test-rate&period=2019", async (page) => {
  await settled(page);
  await page.getByRole("button", { name: "Play" }).click();
  await page.waitForFunction(() => document.querySelector(".time-said").textContent === "2021");
  await page.getByRole("button", { name: "Play" }).waitFor();
});

onPage("what is shown can be taken away as pictures, files and addresses", `${both}&tool=take`, async (page) => {
  await settled(page);
  await page.locator(".take-files a").first().waitFor();
  const kinds = { ".png": "image/png", ".svg": "image/svg+xml", ".geojson": "json", ".csv": "text/csv" };
  const links = await page.locator(".take-files a").evaluateAll((all) => all.map((a) => a.href));
  assert.equal(links.length, 4);
  for (const link of links) {
    const answer = await fetch(link);
    assert.equal(answer.status, 200, link);
    const ending = /\.\w+$/.exec(new URL(link).pathname)[0];
    assert.ok(answer.headers.get("content-type").includes(kinds[ending]), link);
    assert.match(link, /indicator2=minutes-to-stroke-unit/);
    await answer.arrayBuffer();
  }
  const values = await (await fetch(await page.locator("#take-api").inputValue())).json();
  assert.equal(values.legend.classes.length, 9);
  assert.match(await page.locator("#take-embed").inputValue(), /<iframe src="[^"]*\?embed#layer=lad/);
});

test("the page for others may stand in a frame, the page itself may not", options, async () => {
  const policy = async (path) => (await fetch(stage.origin + path)).headers.get("content-security-policy");
  assert.match(await policy(""), /frame-ancestors 'self'/);
  assert.match(await policy("?embed"), /frame-ancestors \*/);
  for (const path of ["", "?embed"]) {
    const told = await policy(path);
    assert.match(told, /script-src 'self';/);
    assert.doesNotMatch(told, /unsafe|https?:/);
  }
});

onPage("in the page of another the map and its legend stand alone", `?embed${leeds}`, async (page) => {
  await settled(page);
  await page.locator(".legend").waitFor();
  assert.equal(await page.locator("#indicator:visible, .tools:visible").count(), 0);
  assert.doesNotMatch(await page.locator(".open-whole").getAttribute("href"), /embed/);
});

onPage("no network is said, and taken back", leeds, async (page) => {
  await settled(page);
  await page.context().setOffline(true);
  await page.locator(".notice", { hasText: "no network" }).waitFor();
  await page.context().setOffline(false);
  await page.locator(".notice").waitFor({ state: "hidden" });
});

onPage("on paper there is one page with map and legend, and nothing to press", leeds, async (page) => {
  await settled(page);
  await page.emulateMedia({ media: "print" });
  assert.ok(await page.locator(".legend").isVisible());
  assert.equal(await page.locator(".pickers:visible, .tools:visible, .map-buttons:visible").count(), 0);
  const paper = (await page.pdf({ format: "A4", landscape: true })).toString("latin1");
  assert.equal((paper.match(/\/Type\s*\/Page\b(?!s)/g) ?? []).length, 1, "one page");
});

onPage("twice as large, nothing runs off the side", leeds, async (page) => {
  await settled(page);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${wide} px too wide`);
  await page.locator(".handle").click();
  await page.locator("#indicator").waitFor();
}, { context: { viewport: { width: 640, height: 400 } } });

onPage("the keyboard opens a tool, works in it and leaves it", leeds, async (page) => {
  await settled(page);
  const button = page.getByRole("button", { name: "Table", exact: true });
  await button.focus();
  await page.keyboard.press("Enter");
  const row = page.locator(".dock .row-name").first();
  await row.waitFor();
  await row.focus();
  await page.keyboard.press("Enter");
  await page.locator(".panel").waitFor();
  await page.locator(".dock .round").focus();
  await page.keyboard.press("Enter");
  await page.locator(".dock").waitFor({ state: "hidden" });
  assert.ok(await button.evaluate((e) => e === document.activeElement), "the focus goes back to the button");
});

for (const [name, hash, context] of [
  ["table", `${leeds}&tool=table`, {}],
  ["table, dark", `${leeds}&tool=table`, { colorScheme: "dark" }],
  ["compare", "#tool=compare&compare=E08000035,E08000032", {}],
  ["scatter", `${both}&tool=scatter`, {}],
  ["scatter, dark", `${both}&tool=scatter`, { colorScheme: "dark" }],
  ["take away", "#tool=take", {}],
  ["time", "#layer=lad&indicator=test-rate", {}],
  ["time, dark phone", "#layer=lad&indicator=test-rate", { ...phone, colorScheme: "dark" }],
  ["embedded", `?embed${leeds}`, {}],
]) {
  onPage(
    `nothing stands in the way of any reader: ${name}`,
    hash,
    async (page) => {
      await settled(page);
      if (hash.includes("tool=")) await page.locator(".dock-body > *").first().waitFor();
      assert.deepEqual(await barriers(page), []);
    },
    { context },
  );
}

test("without WebGL the server's picture stands in for the map, and follows the choices", options, async () => {
  await stage.withFlags(["--disable-3d-apis"], leeds, async (page) => {
    const picture = page.locator(".map-picture");
    await picture.waitFor();
    const drawn = () => picture.evaluate((image) => image.decode().then(() => [image.naturalWidth > 0, image.src]));
    const [seen, source] = await drawn();
    assert.ok(seen);
    assert.match(await picture.getAttribute("alt"), /Map of .+ for .+/);
    await page.locator("#second").selectOption("residents");
    await page.waitForFunction((old) => document.querySelector(".map-picture").src !== old, source);
    assert.ok((await drawn())[0]);
  });
});
