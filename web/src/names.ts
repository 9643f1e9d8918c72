// The names of all areas of a layer, for the parts that list them: values come without names, and the tiles tell only
// those that have been seen.

import { address, Failure } from "./api.ts";
import { texts } from "./texts.ts";

const known = new Map<string, Promise<Map<string, string>>>();

/** Names by code; asked for once for each layer. */
export function namesOf(layer: string): Promise<Map<string, string>> {
  const asked = known.get(layer) ?? load(layer);
  known.set(layer, asked);
  // What failed is asked for anew the next time.
  asked.catch(() => known.delete(layer));
  return asked;
}

async function load(layer: string): Promise<Map<string, string>> {
  let response: Response;
  try {
    response = await fetch(address(`v1/layers/${encodeURIComponent(layer).replace(/%40/g, "@")}.csv?fields=code,name`));
  } catch {
    throw new Failure(texts.offline, null);
  }
  if (!response.ok) throw new Failure(texts.serverSaid(response.status, ""), response.status);
  return readNames(await response.text());
}

/** Reads code and name, the first two columns; a name may stand in quotes. */
export function readNames(table: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const line of table.split(/\r?\n/).slice(1)) {
    const [, code, quoted, plain] = /^([^,]+),(?:"((?:[^"]|"")*)"|([^,]*))/.exec(line) ?? [];
    if (code) names.set(code, quoted?.replace(/""/g, '"') ?? plain ?? code);
  }
  return names;
}
