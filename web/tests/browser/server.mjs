// The built server on a free port, with an empty folder to work in.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../../..");

/** Loading the boundaries takes a debug build a while on a busy machine. */
const patience_ms = 90_000;

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

async function ready(origin) {
  try {
    return (await fetch(`${origin}health/ready`)).ok;
  } catch {
    return false;
  }
}

/**
 * Starts the server, with the tables imported and a token to write with, and waits until it is ready. `LEVELMAP_URL` names
 * a running one to use in its place, `LEVELMAP_TOKEN` a token of that; `LEVELMAP_BIN` another binary.
 */
export async function startServer(tables = []) {
  const running = process.env.LEVELMAP_URL;
  const known = process.env.LEVELMAP_TOKEN ?? null;
  if (running) return { origin: running.replace(/\/*$/, "/"), token: known, stop: async () => {} };
  const binary = resolve(root, process.env.LEVELMAP_BIN ?? "target/debug/levelmap");
  if (!existsSync(binary)) throw new Error(`${binary} is not built: run cargo build`);
  const folder = mkdtempSync(join(tmpdir(), "levelmap-"));
  const run = (...words) => {
    const { status, stdout, stderr } = spawnSync(binary, words, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`levelmap ${words.join(" ")} failed:\n${stderr}`);
    return stdout;
  };
  if (tables.length > 0) run("import", ...tables);
  const token = run("token", "new", "tests").trim();
  const listen = `127.0.0.1:${await freePort()}`;
  const server = spawn(binary, ["serve", "--listen", listen], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => (said += text));
  const ended = once(server, "exit");
  const origin = `http://${listen}/`;
  const until = Date.now() + patience_ms;
  while (!(await ready(origin))) {
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}:\n${said}`);
    if (Date.now() > until) {
      server.kill("SIGKILL");
      throw new Error(`the server was not ready after ${patience_ms / 1000} s:\n${said}`);
    }
    await new Promise((next) => setTimeout(next, 100));
  }
  // The outlines of a layer are made at the first need of them, which takes a debug build on a busy machine longer than a
  // test should wait.
  await (await fetch(`${origin}tiles/lad/5/15/10.mvt`)).arrayBuffer();
  return {
    origin,
    token,
    async stop() {
      server.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
