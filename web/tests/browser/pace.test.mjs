// The map where drawing is slow: it moves all the same, and is whole at rest.

import assert from "node:assert/strict";

import { coloursAt, settled } from "./browser.mjs";
import { leeds, setStage } from "./stage.mjs";

const stage = setStage();

/** Lets every drawing seem to take a fifth of a second, on any machine. */
function drawSlowly() {
  const { prototype } = WebGL2RenderingContext;
  const { fenceSync, getSyncParameter } = prototype;
  const asked = new WeakMap();
  prototype.fenceSync = function (...how) {
    const fence = fenceSync.apply(this, how);
    asked.set(fence, performance.now());
    return fence;
  };
  prototype.getSyncParameter = function (fence, name) {
    const isDone = performance.now() - asked.get(fence) > 200;
    return isDone ? getSyncParameter.call(this, fence, name) : this.UNSIGNALED;
  };
}

/** Notes in the page how often the picture was moved, and where the map says that it lies. */
async function noteMoves(page) {
  await page.evaluate(() => {
    const canvas = document.querySelector(".maplibregl-canvas");
    globalThis.moves = [];
    const look = () => {
      if (canvas.style.transform) globalThis.moves.push(canvas.getBoundingClientRect().left);
    };
    new MutationObserver(look).observe(canvas, { attributes: true, attributeFilter: ["style"] });
  });
}

/** Drags the map from its middle, and holds it. */
async function drag(page, byX, byY) {
  const box = await page.locator(".map").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 1; step <= 20; step += 1) {
    await page.mouse.move(x + (byX * step) / 20, y + (byY * step) / 20);
    await page.waitForTimeout(20);
  }
}

const isMoved = (page) => page.evaluate(() => document.querySelector(".maplibregl-canvas").style.transform !== "");
const waitUntilDrawn = (page) =>
  page.waitForFunction(() => document.querySelector(".maplibregl-canvas").style.transform === "");

const slow = { context: { watch: drawSlowly } };

stage.onPage(
  "a map that is drawn slowly moves under the pointer, is drawn when it is held, and is whole at rest",
  leeds,
  async (page) => {
    await settled(page);
    await noteMoves(page);
    await drag(page, -140, -60);
    const moves = await page.evaluate(() => globalThis.moves);
    assert.ok(moves.length >= 3, `the picture was moved ${moves.length} times`);
    const { left } = await page.evaluate(() => document.querySelector(".map").getBoundingClientRect().toJSON());
    assert.deepEqual([...new Set(moves)], [left], "the pointer's place is told from the corner of the map");
    await waitUntilDrawn(page);
    await page.mouse.up();
    await settled(page);
    assert.equal(await isMoved(page), false);
    await page.mouse.move(5, 5);
    // The address follows the map a little later.
    await page.waitForFunction((before) => location.hash !== before, leeds);
    const points = [];
    for (let y = 120; y < 760; y += 80) for (let x = 380; x < 1240; x += 86) points.push([x, y]);
    const seen = await coloursAt(page, points);
    const { page: other } = await stage.open(await page.evaluate(() => location.hash));
    await settled(other);
    const meant = await coloursAt(other, points);
    await other.context().close();
    // The address has four digits of the place: borders lie a fraction of a pixel aside.
    const differ = seen.filter((colour, i) => colour.some((part, c) => Math.abs(part - meant[i][c]) > 24));
    assert.ok(differ.length <= points.length / 30, `${differ.length} of ${points.length} points differ`);
  },
  slow,
);

stage.onPage(
  "the wheel scales the picture of a map that is drawn slowly about the pointer",
  leeds,
  async (page) => {
    await settled(page);
    await noteMoves(page);
    const box = await page.locator(".map").boundingBox();
    await page.mouse.move(box.x + box.width / 3, box.y + box.height / 3);
    const name = await page.locator(".pointer-note").textContent();
    for (let step = 0; step < 8; step += 1) {
      await page.mouse.wheel(0, -60);
      await page.waitForTimeout(30);
    }
    await page.waitForFunction(() => globalThis.moves.length > 0);
    await waitUntilDrawn(page);
    await settled(page);
    await page.mouse.move(box.x + box.width / 3 + 1, box.y + box.height / 3);
    assert.equal(await page.locator(".pointer-note").textContent(), name, "the same area is under the pointer");
  },
  slow,
);

stage.onPage(
  "paper has the map whole while it moves",
  leeds,
  async (page) => {
    await settled(page);
    // As soon as the picture has been moved aside, the page is printed.
    await page.evaluate(() => {
      const canvas = document.querySelector(".maplibregl-canvas");
      const look = () => {
        if (!canvas.style.transform) return;
        watching.disconnect();
        dispatchEvent(new Event("beforeprint"));
        globalThis.printed = { transform: canvas.style.transform };
      };
      const watching = new MutationObserver(look);
      watching.observe(canvas, { attributes: true, attributeFilter: ["style"] });
    });
    await drag(page, 90, 40);
    await page.waitForFunction(() => globalThis.printed);
    assert.equal(await page.evaluate(() => globalThis.printed.transform), "");
    await page.mouse.up();
  },
  slow,
);
