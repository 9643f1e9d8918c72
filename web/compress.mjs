// Lays compressed copies beside the built files, so that the server compresses nothing per request and can use the
// strongest setting. Fonts are compressed already.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("dist/", import.meta.url).pathname;
const compressible = /\.(html|js|css|svg)$/;

for (const name of readdirSync(dist, { recursive: true })) {
  if (!compressible.test(name)) continue;
  const path = join(dist, name);
  const whole = readFileSync(path);
  const copies = {
    ".br": brotliCompressSync(whole, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    ".gz": gzipSync(whole, { level: 9 }),
  };
  for (const [ending, copy] of Object.entries(copies)) {
    // A copy that saves nothing is left out: the server then sends the file itself.
    if (copy.length < whole.length) writeFileSync(path + ending, copy);
  }
}
