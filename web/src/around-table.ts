// What a circle touches, as a table and as CSV.

import type { Layer } from "./answers.ts";
import { el } from "./element.ts";
import { count, decimal } from "./number.ts";
import type { Around, Listed } from "./places.ts";
import { texts } from "./texts.ts";

const words = texts.around;

/** The answer of one layer. */
export interface OfLayer {
  layer: Layer;
  around: Around;
}

function distanceText(metres: number): string {
  if (metres === 0) return words.here;
  return metres < 1_000 ? words.metres(count(metres)) : words.km(decimal(metres / 1_000, 1));
}

function shareText(share: number): string {
  if (share >= 0.9995) return "100%";
  return share < 0.001 ? "<0.1%" : `${decimal(share * 100, share < 0.1 ? 1 : 0)}%`;
}

/** The areas touched, a group of rows for each layer. */
export function aroundTable(layers: OfLayer[], choose: (area: Listed) => void): HTMLTableElement {
  const head = (text: string, className = "") => el("th", className, { scope: "col" }, text);
  const table = el(
    "table",
    "around-table",
    {},
    el("caption", "unseen", {}, words.areas),
    el(
      "thead",
      "",
      {},
      el("tr", "", {}, head(words.name), head(words.distance, "number"), head(words.inside, "number"), head(words.people, "number")),
    ),
  );
  for (const { layer, around } of layers) {
    if (around.touched.length === 0) continue;
    const title = `${layer.title} · ${count(around.touched.length)}`;
    const body = el("tbody", "", {}, el("tr", "layer", {}, el("th", "", { scope: "rowgroup", colspan: 4 }, title)));
    for (const area of around.touched) {
      const name = el("button", "text-link", { type: "button" }, area.name);
      name.addEventListener("click", () => choose(area));
      const number = (text: string) => el("td", "number", {}, text);
      body.append(
        el(
          "tr",
          "",
          {},
          el("th", "", { scope: "row" }, name),
          number(distanceText(area.distance_m)),
          number(shareText(area.shareInside)),
          number(area.residentsInside === null ? "" : count(area.residentsInside)),
        ),
      );
    }
    table.append(body);
  }
  return table;
}

/** The same as CSV (RFC 4180), numbers in full. */
export function aroundCsv(layers: OfLayer[]): string {
  const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
  const lines = layers.flatMap(({ layer, around }) =>
    around.touched.map((area) =>
      [layer.id, area.code, area.name, area.distance_m, area.shareInside, area.residentsInside ?? ""]
        .map((cell) => quoted(String(cell)))
        .join(","),
    ),
  );
  return ["layer,code,name,distance_m,share_inside,population_inside_estimated", ...lines, ""].join("\r\n");
}
