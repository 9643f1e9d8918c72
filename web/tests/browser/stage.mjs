// What every file of browser tests stands on: a server and a browser for all its tests, a page for each.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { findChromium, launch, open } from "./browser.mjs";
import { startServer } from "./server.mjs";

const executable = findChromium();
if (!executable && process.env.CI === "true") throw new Error("CI needs a Chromium for the browser tests");
const skip = executable ? false : "no Chromium was found: scripts/ensure-chromium says how to get one";

/** Options of a test that needs the browser. */
export const options = { skip, timeout: 240_000 };

export const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Leeds in the middle of the map. */
export const leeds = "#layer=lad&at=9.00/53.8000/-1.5500";

/** An observation a line, three periods of the codes, as a table that can be imported. */
export function threePeriods(title, codes, value) {
  const rows = ["2019", "2020", "2021"].flatMap((period, p) =>
    codes.map((code, i) => `${code},${title},${period},${value(p, i)}`),
  );
  return ["code,indicator,period,value", ...rows, ""].join("\n");
}

/** Drops a file on the page, as a reader would. */
export async function drop(page, name, text) {
  const data = await page.evaluateHandle(
    ([called, content]) => {
      const made = new DataTransfer();
      made.items.add(new File([content], called, { type: "text/csv" }));
      return made;
    },
    [name, text],
  );
  await page.dispatchEvent("body", "dragover", { dataTransfer: data });
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
}

/**
 * Starts a server and a browser before the tests of a file and stops them after. A table, given as text, and tables, given
 * as paths, are imported first.
 */
export function setStage(table = null, tables = []) {
  let server;
  let browser;
  let folder;
  before(
    async () => {
      if (skip) return;
      const files = [...tables];
      if (table !== null) {
        folder = mkdtempSync(join(tmpdir(), "levelmap-table-"));
        const file = join(folder, "table.csv");
        writeFileSync(file, table);
        files.push(file);
      }
      server = await startServer(files);
      browser = await launch(executable);
    },
    { timeout: 120_000 },
  );
  after(async () => {
    await browser?.close();
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });
  return {
    /** The address of the server, with a slash at its end. */
    get origin() {
      return server.origin;
    },
    /** A token that the server takes for writing; null where it was started by somebody else, without one. */
    get token() {
      return server.token;
    },
    /** A page of the browser, as `open` gives it. */
    open: (hash, context) => open(browser, server.origin, hash, context),
    /** Runs with a page of another browser, started with flags of its own. */
    async withFlags(flags, hash, body) {
      const other = await launch(executable, flags);
      try {
        await body((await open(other, server.origin, hash)).page);
      } finally {
        await other.close();
      }
    },
    /** A test on a page of its own; at its end the page must have no fault, unless the test brought some about. */
    onPage(name, hash, body, { context = {}, faultsAllowed = false } = {}) {
      test(name, options, async () => {
        const { page, faults } = await open(browser, server.origin, hash, context);
        try {
          await body(page);
          if (!faultsAllowed) assert.deepEqual(faults, []);
        } finally {
          await page.context().close();
        }
      });
    },
  };
}
