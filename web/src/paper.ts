// On paper: a still of the map, because what WebGL has drawn is gone by the time that a browser prints it.

import { el } from "./element.ts";
import type { Page, Part } from "./page.ts";

export function paperPart(page: Page): Part {
  const still = el("canvas", "map-still", { "aria-hidden": "true" });
  page.layout.stage.append(still);
  addEventListener("beforeprint", () => page.map?.copyTo(still));
  return {};
}
