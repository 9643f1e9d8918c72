// Finding places, the panel of an area, what is around a point, tables of the reader's own: in a browser, against the
// real server and the shipped data.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { barriers, coloursAt, settled } from "./browser.mjs";
import { drop, leeds, phone, setStage } from "./stage.mjs";

const selected = `${leeds}&area=E08000035`;
const circled = `${leeds}&point=53.80080/-1.54910&radius=20000`;

const stage = setStage();
const { onPage } = stage;

/** Types into the box and waits for its list. */
async function search(page, text) {
  await page.locator("#find").fill(text);
  await page.locator(".find-list li").first().waitFor();
}

const heading = (page) => page.locator(".panel:visible h2").first().textContent();

/** Where the map looks, as the address tells it: zoom, latitude, longitude. */
async function lookedAt(page) {
  await page.waitForFunction(() => /[#&]at=/.test(location.hash));
  return /at=([\d.]+)\/([-\d.]+)\/([-\d.]+)/.exec(page.url()).slice(1).map(Number);
}

onPage("a name leads to its area, which is selected, shown and told of", "#layer=lad", async (page) => {
  await settled(page);
  await search(page, "leeds");
  const first = page.locator(".find-list li").first();
  assert.match(await first.textContent(), /LeedsCouncil · E08000035/);
  await first.click();
  await page.locator(".shared-rows").waitFor();
  assert.equal(await heading(page), "Leeds");
  assert.match(page.url(), /area=E08000035/);
  await page.waitForFunction(() => Number(/at=([\d.]+)/.exec(location.hash)?.[1]) > 7.5);
  const [, lat, lon] = await lookedAt(page);
  assert.ok(Math.abs(lat - 53.82) < 0.2 && Math.abs(lon + 1.5) < 0.6, `${lat} ${lon}`);
});

onPage("a code of another layer leads to that layer", "#layer=lad", async (page) => {
  await settled(page);
  await search(page, "E12000003");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash.includes("area=E12000003"));
  assert.match(page.url(), /layer=rgn@/);
  await page.locator(".panel h2", { hasText: "Yorkshire and The Humber" }).waitFor();
});

onPage("a postcode leads to its place, marked, and to the area there", "#layer=lad", async (page) => {
  await settled(page);
  await search(page, "ls1 4ap");
  assert.match(await page.locator(".find-list li").first().textContent(), /LS1 4APPostcode/);
  await page.keyboard.press("Enter");
  await page.locator(".pin").waitFor();
  await page.locator(".panel:visible").first().waitFor();
  assert.equal(await heading(page), "Leeds");
  assert.match(page.url(), /point=53\.79\d+\/-1\.5\d+/);
});

for (const [text, area] of [
  ["53.8008, -1.5491", "Leeds"],
  ["-3.1791 51.4816", "Cardiff"],
  ["429800 433700", "Leeds"],
  ["NZ 2465 6420", "Newcastle upon Tyne"],
]) {
  onPage(`coordinates as they are written: ${text}`, "#layer=lad", async (page) => {
    await settled(page);
    await search(page, text);
    await page.keyboard.press("Enter");
    await page.locator(".panel:visible").first().waitFor();
    assert.equal(await heading(page), area);
  });
}

onPage("what is not found, and what is elsewhere, is said", "#layer=lad", async (page) => {
  await settled(page);
  for (const [text, said] of [
    ["48.85, 2.35", /not in the United Kingdom/],
    ["qqqqzzzz", /Nothing is called/],
  ]) {
    await page.locator("#find").fill(text);
    await page.locator(".find-said", { hasText: said }).waitFor();
  }
});

onPage("the box is a combobox that the keyboard alone can use", "#layer=lad", async (page) => {
  await settled(page);
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.locator("#find:focus").count()) break;
  }
  const box = page.locator("#find");
  assert.equal(await box.getAttribute("aria-expanded"), "false");
  await page.keyboard.type("brad");
  await page.locator(".find-list li").first().waitFor();
  assert.equal(await box.getAttribute("aria-expanded"), "true");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  const active = await box.getAttribute("aria-activedescendant");
  const option = page.locator(`#${active}`);
  assert.equal(await option.getAttribute("aria-selected"), "true");
  assert.match(await option.textContent(), /^Bradford/);
  await page.keyboard.press("Escape");
  assert.equal(await box.getAttribute("aria-expanded"), "false");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator(".panel h2", { hasText: /^Bradford$/ }).waitFor();
});

onPage(
  "where the reader is, by the browser's word",
  "#layer=lad",
  async (page) => {
    await settled(page);
    await page.getByRole("button", { name: "Where am I?" }).click();
    await page.locator(".panel:visible").first().waitFor();
    assert.equal(await heading(page), "Cardiff");
  },
  { context: { geolocation: { longitude: -3.1791, latitude: 51.4816 }, permissions: ["geolocation"] } },
);

onPage("the panel tells ground, neighbours, history and profile", selected, async (page) => {
  const panel = page.locator(".panel:visible").first();
  await panel.locator(".profile-row").first().waitFor();
  assert.match(await panel.locator(".shared").textContent(), /NHS West Yorkshire Integrated Care Board100%/);
  await panel.locator(".neighbours button", { hasText: "Bradford" }).first().waitFor();
  // The profile has a row for each indicator that has a value here, with the value that the map has.
  const answer = await page.request.get(`${stage.origin}v1/areas/E08000035/profile?layer=lad`);
  const rows = (await answer.json()).results.filter((row) => row.value !== null);
  assert.equal(await panel.locator(".profile-row").count(), rows.length);
  for (const row of rows) {
    const said = await panel.locator(`.profile-row[data-indicator="${row.indicator}"]`).textContent();
    assert.ok(said.includes(row.title) && said.includes(`decile ${row.decile} of 10`), said);
  }
  const rate = rows.find((row) => row.lower !== null && row.country);
  const label = await panel.locator(`[data-indicator="${rate.indicator}"] .range-plot`).getAttribute("aria-label");
  assert.match(label, /Leeds .* to .*England/);
  await panel.locator(".history summary").click();
  assert.match(await panel.locator(".history").textContent(), /2025/);
  const other = rows.find((row) => !page.url().includes(`indicator=${row.indicator}`));
  await panel.locator(`[data-indicator="${other.indicator}"] button`).click();
  assert.match(page.url(), new RegExp(`indicator=${other.indicator}`));
});

onPage("neighbours and areas that share ground can be gone to", selected, async (page) => {
  await page.locator(".neighbours button", { hasText: "Bradford" }).first().click();
  await page.waitForFunction(() => document.querySelector(".panel h2")?.textContent === "Bradford");
  assert.match(page.url(), /area=E08000032/);
  await page.locator(".shared-rows button").first().click();
  await page.waitForFunction(() => /layer=(nhs|icb)@/.test(location.hash));
  await page.locator(".panel h2", { hasText: "Integrated Care Board" }).waitFor();
  // A body of several councils has a bar for each, the longest first.
  await page.locator(".shared-rows li").nth(4).waitFor();
  const shares = await page
    .locator(".shared-bar")
    .evaluateAll((bars) => bars.map((b) => Number(b.style.getPropertyValue("--share"))));
  assert.deepEqual(shares, [...shares].sort((a, b) => b - a));
  assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 0.01, shares.join(" "));
});

onPage("a circle tells the areas that it touches, their distances, and the people inside", circled, async (page) => {
  const panel = page.locator(".panel.around");
  await panel.locator(".around-table").waitFor();
  const answer = await page.request.get(
    `${stage.origin}v1/within?lon=-1.5491&lat=53.8008&radius_m=20000&layer=lad&residents=true`,
  );
  const lad = await answer.json();
  const text = await panel.textContent();
  assert.ok(text.includes(lad.population.inside.toLocaleString("en-GB")), text);
  assert.match(text, /estimate from the small areas of the 2011 Census/);
  const group = panel.locator("tbody").first().locator("tr:not(.layer)");
  assert.equal(await group.count(), lad.count);
  assert.match(await group.first().textContent(), /^Leedshere/);
  assert.match(await group.last().textContent(), /\d (km|m)/);

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    panel.getByRole("button", { name: "Download as CSV" }).click(),
  ]);
  const lines = readFileSync(await download.path(), "utf8").trimEnd().split("\r\n");
  assert.equal(lines[0], "layer,code,name,distance_m,share_inside,population_inside_estimated");
  const first = lad.results[0];
  assert.ok(lines.includes(`lad@2025,E08000035,Leeds,0,${first.share_inside},${first.population_inside}`), lines[1]);
  assert.equal(lines.length - 1, await panel.locator("tbody tr:not(.layer)").count());
});

onPage("pin and radius are dragged, and moved by keys", "#layer=lad&at=9.00/53.8000/-1.5500", async (page) => {
  await settled(page);
  await page.getByRole("button", { name: "Around a point" }).click();
  await page.locator(".around-table").waitFor();
  const told = () =>
    page.evaluate(() => {
      const [, lat, lon] = /point=([-\d.]+)\/([-\d.]+)/.exec(location.hash) ?? [];
      return { lat: Number(lat), lon: Number(lon), radius: Number(/radius=(\d+)/.exec(location.hash)?.[1]) };
    });
  const changed = (before) =>
    page.waitForFunction((hash) => location.hash !== hash && /point=/.test(location.hash), before);
  const start = await told();
  assert.ok(start.radius > 5_000 && start.radius < 60_000, String(start.radius));

  const handle = await page.locator(".ring-handle").boundingBox();
  const grip = [handle.x + handle.width / 2, handle.y + handle.height / 2];
  let hash = await page.evaluate(() => location.hash);
  await page.mouse.move(...grip);
  await page.mouse.down();
  await page.mouse.move(grip[0] - 60, grip[1], { steps: 4 });
  await page.mouse.up();
  await changed(hash);
  const wider = await told();
  assert.ok(wider.radius > start.radius * 1.2, `${wider.radius} ${start.radius}`);
  assert.deepEqual([wider.lat, wider.lon], [start.lat, start.lon]);

  hash = await page.evaluate(() => location.hash);
  const pin = await page.locator(".pin").boundingBox();
  await page.mouse.move(pin.x + pin.width / 2, pin.y + pin.height / 2);
  await page.mouse.down();
  await page.mouse.move(pin.x + pin.width / 2 - 80, pin.y + pin.height / 2, { steps: 4 });
  await page.mouse.up();
  await changed(hash);
  const west = await told();
  assert.ok(west.lon < start.lon - 0.05 && Math.abs(west.lat - start.lat) < 0.02, JSON.stringify(west));
  assert.equal(west.radius, wider.radius);

  hash = await page.evaluate(() => location.hash);
  await page.locator(".pin").focus();
  await page.keyboard.press("ArrowUp");
  await changed(hash);
  assert.ok((await told()).lat > west.lat);
  hash = await page.evaluate(() => location.hash);
  await page.locator(".ring-handle").focus();
  await page.keyboard.press("ArrowLeft");
  await changed(hash);
  assert.ok((await told()).radius < west.radius);
  await page.keyboard.press("Escape");
  await page.locator(".panel.around").waitFor({ state: "hidden" });
  assert.doesNotMatch(page.url(), /point=/);
});

const table =
  "code,name,value,period\n" +
  "E08000035,Leeds,5,2023\nE08000032,Bradford,9,2023\nE08000036,Wakefield,7,2023\nE08000033,Calderdale,3,2023\n" +
  "E06999999,Nowhere,1,2023\nE08000034,Kirklees,many,2023\n";

onPage("a table dropped on the page is matched, told and drawn, and kept nowhere", selected, async (page) => {
  await settled(page);
  await drop(page, "jobs-per-head.csv", table);
  const report = page.locator(".panel.load .report");
  await report.waitFor();
  const counts = await report
    .locator("[data-class]")
    .evaluateAll((all) => all.map((e) => [e.dataset.class, e.querySelector("strong")?.textContent ?? ""]));
  assert.deepEqual(counts.slice(0, 3), [
    ["matched", "4"],
    ["unmatched", "1"],
    ["fault", "1"],
  ]);
  await report.locator('[data-class="unmatched"] summary').click();
  assert.match(await report.locator('[data-class="unmatched"] li').textContent(), /E06999999 Nowhere/);
  await page.locator(".legend-title", { hasText: "jobs per head" }).waitFor();
  await settled(page);
  await page.getByRole("button", { name: "Close" }).first().click();
  // Leeds is in the middle: it has the colour of its class, not that of no value.
  const box = await page.locator(".map").boundingBox();
  const [x, y] = [Math.round(box.x + box.width / 2 + 20), Math.round(box.y + box.height / 2 + 20)];
  await page.mouse.move(x, y);
  await page.locator(".pointer-note", { hasText: /Leeds.*5/ }).waitFor();
  const fill = await page.locator(".legend-row.pointed .swatch rect").getAttribute("fill");
  await page.mouse.move(5, 5);
  const [seen] = await coloursAt(page, [[x, y]]);
  const meant = [1, 3, 5].map((at) => Number.parseInt(fill.slice(at, at + 2), 16));
  for (const i of [0, 1, 2]) assert.ok(Math.abs(seen[i] - meant[i]) <= 6, `${seen} is not ${meant}`);
  const kept = await (await page.request.get(`${stage.origin}v1/indicators`)).json();
  assert.ok(kept.results.every((indicator) => indicator.id !== "jobs-per-head"));
});

onPage(
  "a table that cannot be read, and a token that is none, are said",
  "",
  async (page) => {
    await settled(page);
    await drop(page, "strange.csv", "place,figure\n1,2\n");
    await page.locator(".load-said", { hasText: /place, figure/ }).waitFor();
    await drop(page, "jobs.csv", table);
    await page.locator("#load-token").fill("wrong");
    await page.getByRole("button", { name: "Store it" }).click();
    await page.locator(".load-store [role=status]", { hasText: /It was not stored/ }).waitFor();
  },
  // The browser itself reports an answer of 400 and of 403.
  { faultsAllowed: true },
);

const opened = {
  area: (page) => page.locator(".profile-row").first().waitFor(),
  around: (page) => page.locator(".around-table").waitFor(),
  find: (page) => search(page, "leeds"),
  load: async (page) => {
    await drop(page, "jobs.csv", table);
    await page.locator(".report").waitFor();
  },
};
for (const [name, hash, ready, context] of [
  ["an area in full", selected, opened.area, {}],
  ["an area in full, dark", selected, opened.area, { colorScheme: "dark" }],
  ["an area in full, phone", selected, opened.area, phone],
  ["around a point", circled, opened.around, {}],
  ["around a point, dark", circled, opened.around, { colorScheme: "dark" }],
  ["around a point, phone", circled, opened.around, phone],
  ["finding", "#layer=lad", opened.find, {}],
  ["finding, phone", "#layer=lad", opened.find, phone],
  ["a table", "#layer=lad", opened.load, {}],
  ["a table, dark", "#layer=lad", opened.load, { colorScheme: "dark" }],
]) {
  onPage(
    `nothing stands in the way of any reader: ${name}`,
    hash,
    async (page) => {
      await settled(page);
      await ready(page);
      assert.deepEqual(await barriers(page), []);
      const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(width <= 0, `${width} px too wide`);
    },
    { context },
  );
}

for (const [name, hash, ready, context] of [
  ["an area", selected, opened.area, {}],
  ["an area, phone", selected, opened.area, phone],
  ["a list, phone", "#layer=lad", (page) => search(page, "le"), phone],
  ["the choices, phone", "#layer=lad", (page) => page.locator(".handle").click(), phone],
]) {
  onPage(
    `the map is drawn wherever nothing lies over it: ${name}`,
    hash,
    async (page) => {
      await settled(page);
      await ready(page);
      await page.locator(".progress").waitFor({ state: "hidden" });
      await settled(page);
      // Places of the map that are clear of everything, shadows as well.
      const clear = await page.evaluate(() => {
        const isMap = (x, y) => document.elementFromPoint(x, y)?.tagName === "CANVAS";
        const around = [-36, 0, 36];
        const places = [];
        for (let y = 36; y < innerHeight - 36; y += 12) {
          for (let x = 36; x < innerWidth - 36; x += 12) {
            if (around.every((dx) => around.every((dy) => isMap(x + dx, y + dy)))) places.push([x, y]);
          }
        }
        return places;
      });
      assert.ok(clear.length >= 20, `${clear.length} places are clear`);
      const beside = await coloursAt(page, clear);
      await page.evaluate(() => {
        for (const over of document.querySelectorAll(".panel, .find-list, .side")) over.style.visibility = "hidden";
      });
      const alone = await coloursAt(page, clear);
      assert.deepEqual(beside, alone);
    },
    { context },
  );
}
