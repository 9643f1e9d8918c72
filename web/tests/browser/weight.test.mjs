// The page's weight on the way to the reader: all that the first sight needs, by gzip.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const dist = new URL("../../dist/", import.meta.url).pathname;
const most_kB = 550;

test(`the page weighs at most ${most_kB} kB`, () => {
  const names = readdirSync(dist, { recursive: true }).filter((name) => /\.(html|js|css|svg|woff2)$/.test(name));
  // The letters beyond Latin-1 are fetched only where a name has them.
  const first = names.filter((name) => !name.includes("latin-ext"));
  assert.ok(first.some((name) => name.includes("worker")), "the worker is a file of its own");
  const kB = first.reduce((sum, name) => sum + gzipSync(readFileSync(dist + name)).length, 0) / 1000;
  assert.ok(kB <= most_kB, `${kB.toFixed(0)} kB`);
});
