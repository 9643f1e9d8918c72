// The page's weight on the way to the reader: all that the first sight needs, by gzip.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const dist = new URL("../../dist/", import.meta.url).pathname;
const most_kB = 550;

test(`the page weighs at most ${most_kB} kB`, () => {
  const names = readdirSync(dist, { recursive: true }).filter((name) => /\.(html|js|css|svg|woff2)$/.test(name));
  const page = readFileSync(`${dist}index.html`, "utf8");
  // The letters beyond Latin-1 are fetched only where a name has them; scripts that the page does not name itself are
  // tools, fetched when they are opened. The worker is named by the script.
  const named = (name) => page.includes(name.split("/").at(-1)) || name.includes("worker") || !name.endsWith(".js");
  const first = names.filter((name) => !name.includes("latin-ext") && named(name));
  assert.ok(first.filter((name) => name.endsWith(".js")).length >= 2, "the script and the worker are counted");
  assert.ok(first.some((name) => name.includes("worker")), "the worker is a file of its own");
  const kB = first.reduce((sum, name) => sum + gzipSync(readFileSync(dist + name)).length, 0) / 1000;
  assert.ok(kB <= most_kB, `${kB.toFixed(0)} kB`);
});
