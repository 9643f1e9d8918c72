// The pictures of the page in `docs/pictures`: `PICTURES` names the folder that they go into, `TABLES` a folder with files of
// ONS Explore Local Statistics, which are imported first and make them richer. Without those the shipped indicators
// are shown.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

import { settled } from "./browser.mjs";
import { phone, setStage } from "./stage.mjs";

const folder = resolve(process.env.PICTURES ?? "../docs/pictures");
const tables = process.env.TABLES ? resolve(process.env.TABLES) : null;
const files = tables === null ? [] : readdirSync(tables).filter((name) => name.endsWith(".csv")).map((name) => join(tables, name));

/** The most that a picture may weigh, in bytes. */
const heaviest = 300_000;

const stage = setStage(null, files);
const rich = files.length > 0;
const dark = { colorScheme: "dark" };
const life = rich ? "healthy-life-expectancy-female" : "stroke-admissions";
const index = rich ? "levelling-up-partnerships&without=healthy-life-expectancy" : "four-capitals&without=stroke-admissions,minutes-to-stroke-unit,minutes-to-thrombectomy";

for (const [file, hash, context, ready] of [
  ["council-and-nhs.png", `#layer=lad&indicator=${life}`, {}, () => {}],
  [
    "area.png",
    `#layer=lad&indicator=${life}&area=E08000032&at=8.60/53.8000/-1.3500`,
    {},
    async (page) => {
      await page.locator(".profile-row").nth(6).waitFor();
      await page.locator(".profile").evaluate((e) => e.closest(".panel").scrollTo(0, e.offsetTop - 12));
    },
  ],
  [
    "around-dark.png",
    `#layer=lad&indicator=${rich ? "children-in-relative-poverty-after-housing-costs" : life}&point=53.80080/-1.54910&radius=20000&at=8.70/53.8000/-1.2000`,
    dark,
    (page) => page.locator(".around-table").waitFor(),
  ],
  ["levelling.png", `#layer=lad&tool=levelling&index=${index}&look=movers`, {}, (page) => page.locator(".movers-lists li").first().waitFor()],
  [
    "scatter-dark.png",
    `#layer=lad&indicator=${life}&with=${rich ? "employment-rate" : "minutes-to-stroke-unit"}&tool=scatter`,
    dark,
    (page) => page.locator(".scatter circle").first().waitFor(),
  ],
  ["phone-dark.png", `#layer=lad&indicator=${life}&area=E08000035`, { ...phone, ...dark }, (page) => page.locator(".parents").waitFor()],
]) {
  stage.onPage(
    `picture ${file}`,
    hash,
    async (page) => {
      await settled(page);
      await ready(page);
      // What a tool paints is on its way to the map when its list is there.
      await page.waitForTimeout(1500);
      await settled(page);
      await page.locator(".progress").waitFor({ state: "hidden" });
      await page.locator(".notice").waitFor({ state: "hidden" });
      mkdirSync(folder, { recursive: true });
      const path = join(folder, file);
      await page.screenshot({ path });
      const weight = statSync(path).size;
      assert.ok(weight <= heaviest, `${weight} bytes`);
    },
    { context },
  );
}
