// Where an area stands among others: what shares its ground, what borders it, how it came to be.

import { bar, el } from "./element.ts";
import { count, decimal } from "./number.ts";
import type { History, Listed, Neighbour, Shared } from "./places.ts";
import { texts } from "./texts.ts";

const words = texts.ground;

/** Shares below this are of borders that do not quite agree, not of people. */
const leastShare = 0.0005;

/** Neighbours that are named at once; the rest on request. */
const namedAtOnce = 8;

type Choose = (area: Listed) => void;

function areaLink(area: Listed, choose: Choose): HTMLButtonElement {
  const link = el("button", "text-link", { type: "button" }, area.name);
  link.addEventListener("click", () => choose(area));
  return link;
}

function percent(share: number): string {
  if (share < 0.01) return words.underOne;
  // All but a few are not all.
  return `${share >= 0.9995 ? "100" : decimal(Math.min(share * 100, 99.9), share > 0.99 ? 1 : 0)}%`;
}

/** Bars of the areas of another layer that share an area's ground: how many of its residents live in each. */
export function sharedView(shared: Shared[], layer: string, choose: Choose): HTMLElement | null {
  const rows = shared
    .map((other) => ({ other, share: other.populationShare ?? other.shareOfArea }))
    .filter(({ share }) => share >= leastShare);
  if (rows.length === 0) return null;
  const byPeople = rows.every(({ other }) => other.populationShare !== null);
  return el(
    "section",
    "ground shared",
    {},
    el("h3", "", {}, words.shared),
    el("p", "panel-note", {}, `${layer} · ${byPeople ? words.byResidents : words.byGround}`),
    el(
      "ul",
      "shared-rows",
      {},
      ...rows.map(({ other, share }) =>
        el(
          "li",
          "",
          {},
          el("div", "shared-name", {}, areaLink(other, choose)),
          el("span", "shared-share", {}, percent(share)),
          bar("shared-bar", share),
          other.population !== null && other.populationShareOfOther !== null
            ? el("p", "panel-note", {}, words.people(count(other.population), percent(other.populationShareOfOther)))
            : null,
        ),
      ),
    ),
  );
}

/** The areas that border an area, by the length of the common border. */
export function neighboursView(neighbours: Neighbour[], choose: Choose): HTMLElement {
  const link = (n: Neighbour) => {
    const km = n.sharedBorder_m / 1000;
    const item = el("li", "", {}, areaLink(n, choose));
    item.title = words.border(decimal(km, km < 10 ? 1 : 0));
    return item;
  };
  const [first, rest] = [neighbours.slice(0, namedAtOnce), neighbours.slice(namedAtOnce)];
  return el(
    "section",
    "ground",
    {},
    el("h3", "", {}, words.neighbours),
    neighbours.length === 0 ? el("p", "panel-note", {}, words.island) : null,
    el("ul", "neighbours", {}, ...first.map(link)),
    rest.length > 0
      ? el(
          "details",
          "",
          {},
          el("summary", "", {}, words.more(rest.length)),
          el("ul", "neighbours", {}, ...rest.map(link)),
        )
      : null,
  );
}

/** The changes that led to an area or followed from it, and the boundaries that have its code. */
export function historyView(history: History, code: string): HTMLElement {
  const end = (side: { code: string; name: string }) => `${side.name || side.code} (${side.code})`;
  const changes = history.changes.map((change) =>
    el(
      "li",
      "",
      {},
      el("span", "history-day", {}, change.effective),
      change.to.code === code ? words.from(end(change.from)) : words.to(end(change.to)),
    ),
  );
  const vintages = history.vintages.map((v) => v.layer.split("@")[1] ?? v.layer);
  return el(
    "details",
    "ground history",
    {},
    el("summary", "", {}, words.history),
    changes.length > 0 ? el("ul", "", {}, ...changes) : el("p", "panel-note", {}, words.unchanged),
    vintages.length > 0 ? el("p", "panel-note", {}, words.vintages(vintages.join(", "))) : null,
  );
}
