// Levelling up: an index over the four capitals as a map and a ranking, who moves when health does not count, progress.
// A comparison of measures, never an allocation. All choices are in the state, so every view is a link.

import type { Painted } from "./answers.ts";
import { readComparison, readDefinitions, readRanking } from "./composite.ts";
import type { Comparison, Definition, Ranking } from "./composite.ts";
import { paintMoves, paintRanking } from "./composite-paint.ts";
import { chosenDefinition, healthOf, indexPath, indexQuery, isChanged, leftOut, lookOf, looks, paintOf, paints, priorityPath, readWeights, writeWeights } from "./composite-question.ts";
import type { Look } from "./composite-question.ts";
import { address, answer } from "./api.ts";
import { findLayer } from "./choice.ts";
import { ClustersView } from "./clusters-view.ts";
import { el, fill } from "./element.ts";
import { LevellingControls } from "./levelling-controls.ts";
import { MoversView, moversOf } from "./movers-view.ts";
import type { Page, Shown } from "./page.ts";
import { ProgressView } from "./progress-view.ts";
import { RankingView } from "./ranking-view.ts";
import { texts } from "./texts.ts";
import { levellingTexts as words } from "./texts-levelling.ts";
import type { Tool } from "./tools.ts";

/** A slider that moves asks when it has stood still for so long. */
const pause_ms = 60;

/** Layers of more areas than this are not put in order on the page: councils of all kinds are below it. */
const mostAreas = 1000;

/** An answer with the question that it is of. */
interface Answered {
  asked: string;
  layer: string;
  ranking: Ranking;
  /** Null where nothing was compared. */
  comparison: Comparison | null;
}

export function levellingTool(page: Page): Tool {
  return new Levelling(page);
}

class Levelling implements Tool {
  readonly element = el("div", "levelling");
  readonly #page: Page;
  readonly #controls: LevellingControls;
  readonly #tabs = new Map<Look, HTMLButtonElement>();
  readonly #bar = el("div", "levelling-bar");
  readonly #view = el("div", "levelling-view");
  readonly #ranking = new RankingView();
  readonly #movers = new MoversView();
  readonly #progress: ProgressView;
  readonly #clusters: ClustersView;
  #definitions: Definition[] | null = null;
  #answered: Answered | null = null;
  #asked = "";
  #asking = new AbortController();
  #later: ReturnType<typeof setTimeout> | undefined;
  #painted: { key: string; painted: Painted } | null = null;
  #isOpen = false;

  constructor(page: Page) {
    this.#page = page;
    this.#controls = new LevellingControls(page);
    this.#progress = new ProgressView(page);
    this.#clusters = new ClustersView(page, () => this.#isOpen && page.shown && this.show(page.shown));
    for (const look of looks) {
      const button = el("button", "levelling-tab", { type: "button", "aria-pressed": "false" }, words.looks[look] ?? look);
      button.addEventListener("click", () => page.store.change({ look: look === "ranking" ? null : look }));
      this.#tabs.set(look, button);
    }
    const tabs = el("div", "levelling-tabs", { role: "group", "aria-label": words.views }, ...this.#tabs.values());
    const main = el("div", "levelling-main", {}, tabs, this.#bar, this.#view, el("p", "levelling-note", {}, words.notAllocation));
    this.element.append(this.#controls.element, main);
  }

  show(shown: Shown): void {
    this.#isOpen = true;
    if (this.#definitions === null) return void this.#loadDefinitions();
    const { state } = shown;
    const look = lookOf(state);
    for (const [of, button] of this.#tabs) button.setAttribute("aria-pressed", String(of === look));
    const definition = chosenDefinition(this.#definitions, state);
    this.#controls.show(this.#definitions, definition, this.#answered?.ranking ?? null, state);
    // Clusters are those of the page's indicator: nothing of an index is chosen there.
    this.element.classList.toggle("alone", look === "clusters");
    if (look === "clusters") return this.#writeClusters(shown);
    this.#clusters.rest();
    const obstacle = this.#obstacle(definition, shown);
    if (obstacle !== null && look !== "progress") {
      this.#rest();
      fill(this.#bar);
      fill(this.#view, ...obstacle);
      return this.#paint(null, "");
    }
    if (definition && obstacle === null) this.#ask(definition, shown);
    this.#write(look, definition, shown);
  }

  closed(): void {
    this.#isOpen = false;
    this.#rest();
    this.#clusters.rest();
    this.#paint(null, "");
  }

  /** Why there is no order of these areas; null when nothing stands in the way. */
  #obstacle(definition: Definition | null, { layer, layers }: Shown): (Node | string)[] | null {
    if (!definition) return [el("p", "", {}, words.noIndices)];
    if (!definition.isReady) return [el("p", "", {}, words.waitsFor(definition.waitingFor))];
    if (!layer || layer.areaCount <= mostAreas) return null;
    const its = findLayer(layers, definition.layer);
    const go = its && el("button", "plain", { type: "button" }, words.showLayer(its.title));
    go?.addEventListener("click", () => this.#page.store.change({ layer: its?.id ?? null, selected: null }));
    return [el("p", "", {}, words.tooMany(layer.areaCount, mostAreas)), ...(go ? [go] : [])];
  }

  async #loadDefinitions(): Promise<void> {
    const { progress, notice } = this.#page;
    progress.set("levelling", true);
    try {
      this.#definitions = await answer("v1/analysis/index", readDefinitions);
    } catch (error) {
      notice.show("levelling", words.failed, said(error), () => void this.#loadDefinitions());
      return;
    } finally {
      progress.set("levelling", false);
    }
    if (this.#page.shown && this.#isOpen) this.show(this.#page.shown);
  }

  /** Asks when another question stands than the one last asked; the earlier one is dropped. */
  #ask(definition: Definition, { state, layer }: Shown): void {
    if (!layer) return;
    const measures = this.#answered?.ranking.index === definition.id ? this.#answered.ranking.measures : [];
    const query = indexQuery(definition, layer.id, state, measures);
    // Weights laid on indicators wait for the first answer, which tells the capital of each.
    const against = this.#against(definition, state.against)?.id ?? null;
    const compares = isChanged(definition, state) || against !== null;
    const asked = `${query} ${compares ? (against ?? "itself") : ""}`;
    if (asked === this.#asked) return;
    const first = this.#asked === "";
    this.#asked = asked;
    clearTimeout(this.#later);
    this.#asking.abort();
    this.#page.notice.clear("levelling");
    this.#later = setTimeout(() => void this.#load(asked, layer.id, query, compares ? { against } : null), first ? 0 : pause_ms);
  }

  async #load(asked: string, layer: string, query: URLSearchParams, comparing: { against: string | null } | null): Promise<void> {
    const { progress, notice, announcer } = this.#page;
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    progress.set("levelling", true);
    try {
      const [ranking, comparison] = await Promise.all([
        answer(indexPath(query), readRanking, signal),
        comparing ? answer(priorityPath(query, comparing.against), readComparison, signal) : null,
      ]);
      if (signal.aborted) return;
      this.#answered = { asked, layer, ranking, comparison };
      progress.set("levelling", false);
      const first = ranking.areas.find((area) => area.rank !== null);
      if (first) announcer.say(words.announce(ranking.title, first.name));
      if (this.#page.shown && this.#isOpen) this.show(this.#page.shown);
    } catch (error) {
      if (signal.aborted) return;
      progress.set("levelling", false);
      notice.show("levelling", words.failed, said(error), () => void this.#load(asked, layer, query, comparing));
    }
  }

  #rest(): void {
    clearTimeout(this.#later);
    this.#asking.abort();
    this.#asked = "";
    this.#page.progress.set("levelling", false);
    this.#page.notice.clear("levelling");
  }

  #write(look: Look, definition: Definition | null, shown: Shown): void {
    const { state, layer, values } = shown;
    if (look === "progress") {
      fill(this.#bar);
      if (this.#view.firstChild !== this.#progress.element) fill(this.#view, this.#progress.element);
      this.#progress.show(shown, definition);
      return this.#paint(null, "");
    }
    const answered = this.#answered;
    if (!definition || !layer || answered?.ranking.index !== definition.id || answered.layer !== layer.id) {
      fill(this.#bar);
      fill(this.#view, texts.loading);
      return this.#paint(null, "");
    }
    const { ranking, comparison } = answered;
    if (ranking.ranked === 0) {
      fill(this.#bar);
      fill(this.#view, el("p", "", {}, words.noneRanked));
      return this.#paint(null, "");
    }
    const query = indexQuery(definition, layer.id, state, ranking.measures);
    const select = (code: string) => this.#page.store.change({ selected: code });
    const codes = values?.areas.keys() ?? [];
    const key = JSON.stringify([look, paintOf(state), values?.areas.size, answered.asked]);
    if (look === "movers") {
      this.#writeMovers(definition, query, shown, comparison, select);
      if (comparison) this.#paint(() => paintMoves(ranking, comparison, layer.id, codes), key);
      else this.#paint(() => paintRanking(ranking, layer.id, codes, "priority"), key);
      return;
    }
    this.#writeBar(this.#paintChoice(state), comparison && this.#brief(comparison), indexPath(query, ".csv"));
    if (this.#view.firstChild !== this.#ranking.element) fill(this.#view, this.#ranking.element);
    this.#ranking.show({ ranking, layerTitle: layer.title, selected: state.selected, select });
    this.#paint(() => paintRanking(ranking, layer.id, codes, paintOf(state)), key);
  }

  #writeClusters(shown: Shown): void {
    this.#rest();
    fill(this.#bar);
    if (this.#view.firstChild !== this.#clusters.element) fill(this.#view, this.#clusters.element);
    this.#clusters.show(shown);
    const paint = this.#clusters.paint(shown);
    this.#paint(paint && paint.make, paint?.key ?? "");
  }

  #writeMovers(definition: Definition, query: URLSearchParams, { state }: Shown, comparison: Comparison | null, select: (code: string) => void): void {
    const others = this.#others(definition);
    const against = this.#against(definition, state.against);
    const choice = others.length > 0 ? this.#againstChoice(others, against) : null;
    this.#writeBar(choice, null, comparison ? priorityPath(query, against?.id ?? null, ".csv") : null);
    if (!comparison) {
      const without = el("button", "plain", { type: "button" }, words.switchHealth);
      const health = healthOf(definition);
      without.addEventListener("click", () => this.#page.store.change({ without: health.join(",") }));
      const can = health.length > 0 && health.length < definition.parts.length;
      return fill(this.#view, el("p", "levelling-nothing", {}, words.nothingChanged), can && without);
    }
    const out = leftOut(definition, state);
    const health = healthOf(definition);
    const isWithoutHealth = health.length > 0 && out.length === health.length && health.every((id) => out.includes(id));
    const weighed = writeWeights(readWeights(state.weights), definition) !== null;
    const title = words.versus(words.changed(isWithoutHealth, weighed, out.length), against?.title ?? words.itself);
    this.#movers.show({ comparison, title, select });
    if (this.#view.firstChild !== this.#movers.element) fill(this.#view, this.#movers.element);
  }

  /** The other indices that are there to be compared with. */
  #others(definition: Definition): Definition[] {
    return (this.#definitions ?? []).filter((d) => d.isReady && d.id !== definition.id);
  }

  /** The one that was asked for; null for the index itself, and where the one asked for is not there. */
  #against(definition: Definition, asked: string | null): Definition | null {
    return this.#others(definition).find((d) => d.id === asked) ?? null;
  }

  #againstChoice(others: Definition[], against: Definition | null): HTMLElement {
    const options = [{ id: "", title: words.itself }, ...others].map((d) => el("option", "", { value: d.id }, d.title));
    const select = el("select", "", { id: "levelling-against" }, ...options);
    select.value = against?.id ?? "";
    select.addEventListener("change", () => this.#page.store.change({ against: select.value || null }));
    return el("div", "picker inline", {}, el("label", "", { for: "levelling-against" }, words.against), select);
  }

  #paintChoice(state: { paint: string | null }): HTMLElement {
    const select = el("select", "", { id: "levelling-paint" }, ...paints.map((p) => el("option", "", { value: p }, words.paints[p] ?? p)));
    select.value = paints.find((p) => p === state.paint) ?? "fifths";
    select.addEventListener("change", () => this.#page.store.change({ paint: select.value === "fifths" ? null : select.value }));
    return el("div", "picker inline", {}, el("label", "", { for: "levelling-paint" }, words.paint), select);
  }

  /** How many enter and leave, with the way to see who. */
  #brief(comparison: Comparison): HTMLElement {
    const { enters, leaves } = moversOf(comparison);
    const button = el("button", "link levelling-brief", { type: "button" }, words.brief(enters.length, leaves.length));
    button.addEventListener("click", () => this.#page.store.change({ look: "movers" }));
    return button;
  }

  /** The choice keeps the focus of the one that it takes the place of. */
  #writeBar(choice: HTMLElement | null, brief: HTMLElement | null, csv: string | null): void {
    const focused = this.#bar.contains(document.activeElement) ? (document.activeElement?.id ?? "") : "";
    fill(this.#bar, choice, brief, csv !== null && el("a", "levelling-csv", { href: address(csv), download: true }, words.csv));
    if (focused !== "") document.getElementById(focused)?.focus();
  }

  /** Colours the map, or gives it back; what is painted already stays. */
  #paint(make: (() => Painted) | null, key: string): void {
    if (make === null) this.#painted = null;
    else if (this.#painted?.key !== key) this.#painted = { key, painted: make() };
    this.#page.paint(this.#painted?.painted ?? null);
  }
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
