// A table that is stored for everybody: by a server that knows the reader's token.

import assert from "node:assert/strict";

import { barriers, settled } from "./browser.mjs";
import { drop, leeds, setStage } from "./stage.mjs";

const stage = setStage();
const { onPage } = stage;

const table =
  "code,name,value,period\n" +
  "E08000035,Leeds,5,2023\nE08000032,Bradford,9,2023\nE08000036,Wakefield,7,2023\nE08000033,Calderdale,3,2023\n" +
  "E06999999,Nowhere,1,2023\n";

const inList = (page, title) => page.locator("#indicator option").filter({ hasText: title });

onPage("a table dropped with a token is stored, its report told, and its indicator is everybody's", leeds, async (page) => {
  assert.ok(stage.token, "LEVELMAP_TOKEN names a token of the server that LEVELMAP_URL names");
  await settled(page);
  assert.equal(await inList(page, /^jobs kept$/i).count(), 0);
  await drop(page, "jobs-kept.csv", table);
  await page.locator("#load-token").fill(stage.token);
  await page.getByRole("button", { name: "Store it" }).click();
  await page.locator(".load-stored", { hasText: "Stored" }).waitFor();
  const counts = await page.locator(".report [data-class]").evaluateAll((all) => all.map((e) => [e.dataset.class, e.querySelector("strong")?.textContent]));
  assert.deepEqual(counts.slice(0, 2), [["matched", "4"], ["unmatched", "1"]]);
  assert.equal(await page.locator("#load-token").count(), 0, "the token is not left in the page");
  // The server's own indicator stands in the list once, in the place of the visit's, and is what is shown.
  await page.waitForFunction(() => /[#&]indicator=jobs-kept(&|$)/.test(location.hash));
  await settled(page);
  assert.equal(await inList(page, /^jobs kept$/i).count(), 1);
  assert.equal(await page.locator("#indicator").inputValue(), "jobs-kept");
  assert.deepEqual(await barriers(page), []);
  // Another reader finds it, with the values of the table.
  const other = await stage.open("#layer=lad&indicator=jobs-kept");
  await settled(other.page);
  assert.match(await other.page.locator(".legend-title").textContent(), /jobs kept/i);
  assert.deepEqual(other.faults, []);
  await other.page.context().close();
  const { results } = await (await fetch(`${stage.origin}v1/indicators`)).json();
  assert.ok(results.some((indicator) => indicator.id === "jobs-kept"));
});
