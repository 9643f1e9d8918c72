// The page in a browser, against the real server and the shipped data.

import assert from "node:assert/strict";
import { test } from "node:test";

import { barriers, coloursAt, settled } from "./browser.mjs";
import { leeds, options, phone, setStage } from "./stage.mjs";

const stage = setStage();
const { onPage } = stage;

/** Takes an option of a choice that is not the present one. */
async function chooseOther(page, choice) {
  const other = page.locator(`${choice} option:not(:checked)`).first();
  await page.locator(choice).selectOption(await other.getAttribute("value"));
}

const middle = async (page) => {
  const box = await page.locator(".map").boundingBox();
  return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
};

onPage("the first sight is a coloured map of councils with its legend", "", async (page) => {
  await settled(page);
  assert.match(await page.title(), /Levelmap$/);
  assert.match(await page.locator("#layer option:checked").textContent(), /\b\d{3}\b/);
  const counts = await page.locator(".legend-count").allTextContents();
  const areas = counts.map((text) => Number(text.replace(/,/g, ""))).reduce((sum, n) => sum + n, 0);
  const said = await page.locator("#layer option:checked").textContent();
  assert.equal(areas, Number(/([\d,]+)$/.exec(said)[1].replace(/,/g, "")), "classes hold all areas of the layer");
  assert.match(await page.locator(".maplibregl-ctrl-attrib").textContent(), /Open Government Licence/);
});

onPage("an area has the colour of the class that the legend gives for its value", leeds, async (page) => {
  await settled(page);
  const [x, y] = await middle(page);
  await page.mouse.move(x + 30, y + 30);
  await page.locator(".pointer-note").waitFor();
  const swatch = await page.locator(".legend-row.pointed .swatch rect").getAttribute("fill");
  await page.mouse.move(5, 5);
  const [seen] = await coloursAt(page, [[x + 30, y + 30]]);
  const meant = [1, 3, 5].map((at) => Number.parseInt(swatch.slice(at, at + 2), 16));
  for (const i of [0, 1, 2]) assert.ok(Math.abs(seen[i] - meant[i]) <= 6, `${seen} is not ${meant}`);
});

onPage("the area under the pointer is named with its value", leeds, async (page) => {
  await settled(page);
  await page.mouse.move(...(await middle(page)));
  const note = page.locator(".pointer-note");
  await note.waitFor();
  assert.match(await note.textContent(), /Leeds.*\d/);
  await page.mouse.move(5, 5);
  await note.waitFor({ state: "hidden" });
});

onPage("a click selects, the address tells it, Escape clears, Back brings it back", leeds, async (page) => {
  await settled(page);
  await page.mouse.click(...(await middle(page)));
  const panel = page.locator(".panel");
  await panel.waitFor();
  assert.match(await panel.textContent(), /Leeds.*E08000035/);
  assert.match(await panel.locator(".panel-number").textContent(), /\d/);
  assert.match(page.url(), /area=E08000035/);
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "hidden" });
  assert.doesNotMatch(page.url(), /area=/);
  await page.goBack();
  await panel.waitFor();
});

onPage("the panel tells the NHS body and the region that the council lies in", `${leeds}&area=E08000035`, async (page) => {
  await page.locator(".parents").waitFor();
  const told = await page.locator(".parents").textContent();
  assert.match(told, /NHS bodyNHS West Yorkshire Integrated Care Board/);
  assert.match(told, /RegionYorkshire and The Humber/);
});

onPage("a council of two NHS bodies is not said to lie in either", "#layer=lad&area=E06000065", async (page) => {
  await page.locator(".parents").waitFor();
  assert.doesNotMatch(await page.locator(".parents").textContent(), /NHS body/);
});

onPage("a code that the map does not have is said, and the server is not asked of it", "#area=E00000000", async (page) => {
  await settled(page);
  assert.match(await page.locator(".panel-none").textContent(), /E00000000/);
});

onPage("34,753 small areas are coloured, and the one under the pointer is named", "#layer=lsoa&at=10.5/51.5000/-0.1200", async (page) => {
  await settled(page);
  // South of the middle, which is the Thames.
  const [x, y] = await middle(page);
  await page.mouse.move(x + 30, y + 60);
  const note = page.locator(".pointer-note");
  await note.waitFor();
  assert.match(await note.textContent(), /(Southwark|Lambeth) \d{3}[A-Z]/);
});

onPage("the keyboard alone points, selects and clears", leeds, async (page) => {
  await settled(page);
  // From the top of the page, so that the order of the focus is tried too.
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.locator(".map canvas:focus").count()) break;
  }
  await page.locator(".cross").waitFor();
  assert.match(await page.locator(".pointer-note").textContent(), /Leeds/);
  await page.keyboard.press("Enter");
  assert.match(await page.locator(".panel h2").textContent(), /Leeds/);
  await page.keyboard.press("Escape");
  await page.locator(".panel").waitFor({ state: "hidden" });
});

onPage("choices change the map and the address, and a link restores them", "", async (page) => {
  await settled(page);
  const nhs = await page.locator('#layer option[value^="nhs@"], #layer option[value^="icb@"]').first().getAttribute("value");
  await page.locator("#layer").selectOption(nhs);
  await settled(page);
  const overlay = await page.locator("#overlay").inputValue();
  assert.match(overlay, /^lad@/, "NHS bodies get council outlines");
  await chooseOther(page, "#indicator");
  await settled(page);
  const chosen = async (p) => [
    await p.locator("#layer").inputValue(),
    await p.locator("#indicator").inputValue(),
    await p.locator("#overlay").inputValue(),
    await p.locator(".legend-title").textContent(),
  ];
  const link = new URL(page.url());
  const { page: other, faults } = await stage.open(link.hash);
  await settled(other);
  assert.deepEqual(await chosen(other), await chosen(page));
  assert.deepEqual(faults, []);
  await other.context().close();
});

onPage("outlines can be switched off and stay off", "#overlay=none", async (page) => {
  await settled(page);
  assert.equal(await page.locator("#overlay").inputValue(), "none");
});

onPage("a class of the legend can be picked out and let go", leeds, async (page) => {
  await settled(page);
  const row = page.locator(".legend-classes button.legend-row").first();
  await row.click();
  assert.equal(await row.getAttribute("aria-pressed"), "true");
  await page.keyboard.press("Escape");
  assert.equal(await row.getAttribute("aria-pressed"), "false");
});

onPage(
  "values that do not come are said in words, and asked for again on request",
  "",
  async (page) => {
    await settled(page);
    let broken = true;
    await page.route("**/v1/choropleth/**", (route) => (broken ? route.abort() : route.continue()));
    await chooseOther(page, "#indicator");
    const notice = page.locator(".notice");
    await notice.waitFor();
    assert.match(await notice.textContent(), /no connection/);
    broken = false;
    await notice.getByRole("button").click();
    await notice.waitFor({ state: "hidden" });
    await settled(page);
  },
  { faultsAllowed: true },
);

onPage("waiting is shown once it lasts, and not after", "", async (page) => {
  await settled(page);
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/v1/choropleth/**", async (route) => {
    await held;
    await route.continue();
  });
  await chooseOther(page, "#indicator");
  await page.locator(".progress").waitFor();
  release();
  await page.locator(".progress").waitFor({ state: "hidden" });
});

onPage(
  "a phone has the map, a sheet with the choices, and nothing that runs off the side",
  "#layer=lad",
  async (page) => {
    await settled(page);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `${width} px wide`);
    await page.locator("#indicator").waitFor({ state: "hidden" });
    await page.locator(".handle").tap();
    await page.locator("#indicator").waitFor();
    await page.locator(".handle").tap();
    await page.locator("#indicator").waitFor({ state: "hidden" });
    await page.touchscreen.tap(250, 520);
  },
  { context: phone },
);

test("a browser that cannot draw the map says so, and keeps the choices and the legend", options, async () => {
  await stage.withFlags(["--disable-3d-apis"], "", async (page) => {
    await page.locator(".legend-classes button.legend-row").first().waitFor();
    await page.locator(".map-picture-note").getByText("This browser cannot draw the map").waitFor();
  });
});

for (const [name, hash, context] of [
  ["light", "", {}],
  ["dark", "", { colorScheme: "dark" }],
  ["an area chosen", `${leeds}&area=E08000035`, {}],
  ["dark, an area chosen", `${leeds}&area=E08000035`, { colorScheme: "dark" }],
  ["phone", "", phone],
]) {
  onPage(
    `nothing stands in the way of any reader: ${name}`,
    hash,
    async (page) => {
      await settled(page);
      if (hash) await page.locator(".parents").waitFor();
      assert.deepEqual(await barriers(page), []);
    },
    { context },
  );
}
