// Where it clusters: whether neighbours are alike, how sure that is, and which areas stand in a cluster.

import type { Indicator, Layer, Painted } from "./answers.ts";
import { address, answer } from "./api.ts";
import { clustersPath, inClusters, paintClusters, pseudoP, quadrantFills, readClusters } from "./clusters.ts";
import type { Clusters, TestedArea } from "./clusters.ts";
import { el, fill } from "./element.ts";
import { swatch } from "./legend.ts";
import { isLoaded } from "./loaded.ts";
import { decimal } from "./number.ts";
import type { Page, Shown } from "./page.ts";
import { choices } from "./pickers.ts";
import { texts } from "./texts.ts";
import { levellingTexts as words } from "./texts-levelling.ts";

/** Rows that are written at a time. */
const rowsAtOnce = 60;
/** Below this a pseudo-p tells more than chance. */
const sure = 0.05;

/** An answer with what it is of. */
interface Found {
  path: string;
  indicator: Indicator;
  layer: Layer;
  clusters: Clusters;
}

export class ClustersView {
  readonly element = el("div", "clusters");
  readonly #page: Page;
  readonly #answered: () => void;
  readonly #bar = el("div", "levelling-bar");
  readonly #result = el("div", "clusters-result");
  #asking = new AbortController();
  #path = "";
  #found: Found | null = null;
  #shownRows = rowsAtOnce;
  #offered = "";

  /** `answered` is called when there is something else to paint. */
  constructor(page: Page, answered: () => void) {
    this.#page = page;
    this.#answered = answered;
    this.element.append(this.#bar, this.#result);
  }

  show(shown: Shown): void {
    const { layer, indicator, question } = shown;
    const own = indicator !== null && isLoaded(indicator.id);
    const pathOf = (form: string) => (layer && question && !own ? clustersPath(question, layer.areaCount, form) : "");
    const path = pathOf("");
    this.#writeBar(shown, path === "" ? null : address(pathOf(".csv")));
    if (!layer || !indicator || path === "") {
      this.rest();
      return fill(this.#result, el("p", "levelling-nothing", {}, own ? words.clustersOfOwn : words.clustersOfNothing));
    }
    if (this.#found?.path === path) {
      if (this.#path !== path) this.rest();
      this.#path = path;
      return this.#write(this.#found, shown.state.selected);
    }
    if (path !== this.#path) void this.#load(path, indicator, layer);
  }

  /** Drops what is asked. */
  rest(): void {
    this.#asking.abort();
    this.#path = "";
    this.#page.progress.set("clusters", false);
  }

  /** What colours the map, with a key by which it is known to be the same; null until the answer has come. */
  paint({ layer, values }: Shown): { key: string; make: () => Painted } | null {
    const found = this.#found;
    if (!found || found.path !== this.#path || found.layer.id !== layer?.id) return null;
    const { clusters, indicator, path } = found;
    const codes = values?.areas.keys() ?? [];
    return { key: `${path} ${values?.areas.size}`, make: () => paintClusters(clusters, indicator.id, layer.id, indicator.decimals, codes) };
  }

  async #load(path: string, indicator: Indicator, layer: Layer): Promise<void> {
    this.rest();
    this.#path = path;
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const { progress, announcer } = this.#page;
    this.#shownRows = rowsAtOnce;
    fill(this.#result, texts.loading);
    progress.set("clusters", true);
    try {
      const clusters = await answer(path, readClusters, signal);
      if (signal.aborted) return;
      this.#found = { path, indicator, layer, clusters };
      announcer.say(words.announceClusters(clusters.title, verdict(clusters), inClusters(clusters).length));
      this.#answered();
    } catch (error) {
      if (signal.aborted) return;
      const again = el("button", "plain", { type: "button" }, texts.retry);
      again.addEventListener("click", () => void this.#load(path, indicator, layer));
      fill(this.#result, el("p", "", { role: "alert" }, error instanceof Error ? error.message : String(error)), again);
    } finally {
      if (!signal.aborted) progress.set("clusters", false);
    }
  }

  /** The choice of the indicator is the page's own; it stays, with its focus, while only the view changes. */
  #writeBar({ indicators, indicator }: Shown, csv: string | null): void {
    const offered = JSON.stringify([indicators.map((i) => i.id), indicator?.id, csv]);
    if (offered === this.#offered) return;
    this.#offered = offered;
    const held = document.activeElement?.id ?? "";
    const choose = (id: string) => this.#page.store.change({ indicator: id, period: null, sex: null, age: null });
    const picker = choices("clusters-of", words.progressOf, indicators, choose, indicator?.id ?? null);
    picker.classList.add("inline");
    const back = el("button", "link", { type: "button" }, words.backToMap);
    back.addEventListener("click", () => this.#page.store.change({ tool: null, look: null }));
    fill(this.#bar, picker, back, csv !== null && el("a", "levelling-csv", { href: csv, download: true }, words.csv));
    if (held === "clusters-of") document.getElementById(held)?.focus();
  }

  #write({ clusters, indicator, layer }: Found, selected: string | null): void {
    const { moran, permutations, seed, tests, q, notes } = clusters;
    const rows = inClusters(clusters);
    const left = rows.length - this.#shownRows;
    const more = el("button", "plain quiet", { type: "button" }, words.showMore(Math.min(left, rowsAtOnce)));
    more.addEventListener("click", () => {
      this.#shownRows += rowsAtOnce;
      if (this.#found) this.#write(this.#found, this.#page.store.now.selected);
    });
    const fact = (term: string, detail: string, unit: string) =>
      el("div", "", {}, el("dt", "", {}, term), el("dd", "", {}, detail, el("span", "row-unit", {}, unit)));
    const farther = moran.p === null ? 0 : Math.round(moran.p * (permutations + 1)) - 1;
    const focused = this.#result.contains(document.activeElement) ? document.activeElement?.getAttribute("data-code") : null;
    fill(
      this.#result,
      el("h3", "", {}, verdict(clusters)),
      el(
        "dl",
        "movers-facts",
        {},
        fact(words.moran, signed(moran.i, 3), words.byChance(signed(moran.expected, 3))),
        moran.p !== null && fact(words.pseudoP, pseudoP(moran.p, permutations), words.shuffles(farther, permutations, seed)),
        fact(words.inCluster, words.ofAreas(rows.length, tests), words.keptAt(q)),
      ),
      rows.length === 0 && el("p", "levelling-nothing", {}, words.noneInCluster),
      rows.length > 0 && this.#table(rows.slice(0, this.#shownRows), indicator, layer, permutations, selected),
      left > 0 && more,
      el("div", "levelling-notes", {}, el("p", "", {}, words.quadrantsAbout), ...notes.map((note) => el("p", "", {}, note))),
    );
    if (focused) this.#result.querySelector<HTMLElement>(`button[data-code="${CSS.escape(focused)}"]`)?.focus();
  }

  #table(rows: TestedArea[], indicator: Indicator, layer: Layer, permutations: number, selected: string | null): HTMLElement {
    const head = (label: string, kind = "") => el("th", kind, { scope: "col" }, label);
    const row = ({ code, name, cluster, value, localI, p }: TestedArea) => {
      const button = el("button", "row-name", { type: "button", "data-code": code }, name);
      button.addEventListener("click", () => this.#page.store.change({ selected: code }));
      return el(
        "tr",
        "",
        { "aria-current": code === selected ? "true" : null, "data-cluster": cluster },
        el("th", "", { scope: "row" }, button),
        el("td", "cluster-kind", {}, cluster && swatch(quadrantFills[cluster]), cluster && words.quadrants[cluster]),
        el("td", "number", {}, value === null ? "" : decimal(value, indicator.decimals)),
        el("td", "number", {}, p === null ? "" : pseudoP(p, permutations)),
        el("td", "number", {}, localI === null ? "" : signed(localI, 2)),
      );
    };
    return el(
      "table",
      "",
      {},
      el("caption", "", {}, words.clustersCaption(indicator.title, layer.title)),
      el("thead", "", {}, el("tr", "", {}, head(words.area), head(words.cluster), head([texts.value, indicator.unit].filter(Boolean).join(", "), "number"), head(words.pseudoP, "number"), head(words.localI, "number"))),
      el("tbody", "", {}, ...rows.map(row)),
    );
  }
}

/** Whether neighbours are alike, in words. */
function verdict({ moran }: Clusters): string {
  if (moran.p === null || moran.p > sure) return words.verdicts.chance;
  return moran.i > moran.expected ? words.verdicts.alike : words.verdicts.unlike;
}

function signed(value: number, digits: number): string {
  return decimal(value, digits).replace("-", "−");
}
