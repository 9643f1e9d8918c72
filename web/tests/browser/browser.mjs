// A browser whose pages are watched: what goes to another origin, and what the page complains of.

import { accessSync, constants, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

import { chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/**
 * The browser as it is where there is no graphics card: it puts the window together by itself, and has only WebGL drawn by
 * what stands for a card. So the tests need none, and see the same on every machine.
 */
const drawing = ["--disable-gpu", "--enable-unsafe-swiftshader"];

/** Path of a Chromium on this machine, or null. */
export function findChromium() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = [process.env.CHROMIUM, ...names.flatMap((name) => folders.map((folder) => join(folder, name)))];
  for (const path of candidates) {
    try {
      if (path) accessSync(path, constants.X_OK);
      if (path) return path;
    } catch {
      // Not there: the next one may be.
    }
  }
  return null;
}

export async function launch(executablePath, flags = drawing) {
  // Chromium's own sandbox does not start for root, as which CI runs.
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args: [...flags, ...asRoot] });
}

/**
 * A page at an address below the origin. `faults` fills with all that no page should do. The window stands for `rest_ms`
 * before: a browser loads the parts of its own window when it opens one. `watch` runs in the page before its own scripts.
 */
export async function open(browser, origin, hash = "", { rest_ms = 0, watch = null, ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: "light",
    locale: "en-GB",
    ...options,
  });
  // A busy machine draws by software slowly.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const faults = [];
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) faults.push(`asked another origin: ${url}`);
  });
  page.on("console", (message) => {
    // The browser's own way of putting what WebGL drew into the window, where there is no card.
    if (message.text().includes("GPU stall due to ReadPixels")) return;
    if (message.type() === "error" || message.type() === "warning") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
  if (watch) await page.addInitScript(watch);
  if (rest_ms > 0) await page.waitForTimeout(rest_ms);
  await page.goto(origin + hash);
  return { page, faults };
}

/** Waits until the legend has its classes and the map has nothing left to load or draw. */
export async function settled(page) {
  await page.locator(".legend-classes button.legend-row").first().waitFor({ state: "attached" });
  await page.locator('.map[data-state="idle"]').waitFor();
}

/** Colours of the screen at points, as `[r, g, b]`. */
export async function coloursAt(page, points) {
  const picture = (await page.screenshot()).toString("base64");
  return page.evaluate(
    async ([source, places]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${source}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      return places.map(([x, y]) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)]);
    },
    [picture, points],
  );
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Faults of accessibility, serious or worse, each in a line. */
export async function barriers(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .flatMap((v) => v.nodes.map((node) => `${v.id}: ${node.target.join(" ")}: ${v.help}`));
}
