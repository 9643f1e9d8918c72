// The reader's choices of an index: which, how heavy each capital, which measures, with or without health.

import { capitals } from "./composite.ts";
import type { Definition, Ranking } from "./composite.ts";
import { healthOf, heaviest, leftOut, readWeights, stated, weightStep, writeWeights } from "./composite-question.ts";
import { el, fill } from "./element.ts";
import type { Page } from "./page.ts";
import type { State } from "./state.ts";
import { levellingTexts as words } from "./texts-levelling.ts";

/** Whether the choices stand beside the views, as the style sheet has it. */
const besideViews = "(min-width: 64rem)";

/** The slider of one capital, or the words that it is missing. */
interface Slider {
  input: HTMLInputElement;
  said: HTMLElement;
}

export class LevellingControls {
  readonly element = el("div", "levelling-controls");
  readonly #page: Page;
  readonly #index = el("select", "", { id: "levelling-index" });
  readonly #description = el("p", "levelling-about");
  readonly #capitals = el("fieldset", "levelling-capitals");
  readonly #health = el("input", "", { type: "checkbox", id: "levelling-health", role: "switch", "aria-describedby": "levelling-health-about" });
  readonly #healthAbout = el("p", "levelling-about", { id: "levelling-health-about" });
  readonly #measures = el("details", "levelling-measures");
  readonly #sliders = new Map<string, Slider>();
  #definition: Definition | null = null;
  #written = "";
  #measuresWritten = "";

  constructor(page: Page) {
    this.#page = page;
    this.#index.addEventListener("change", () =>
      page.store.change({ index: this.#index.value, weights: null, without: null, against: null }),
    );
    this.#health.addEventListener("change", () => this.#turnHealth(this.#health.checked));
    const health = el("div", "levelling-health", {}, el("label", "", { for: "levelling-health" }, this.#health, words.health), this.#healthAbout);
    const picker = el("div", "picker", {}, el("label", "", { for: "levelling-index" }, words.index), this.#index);
    const about = el("details", "levelling-measures", {}, el("summary", "", {}, words.about), this.#description);
    // Where there is no room beside the views, the choices are folded away above them: what comes of them is seen first.
    const choices = el("details", "levelling-choices", {}, el("summary", "", {}, words.choices), el("div", "", {}, health, this.#capitals, this.#measures, about));
    const beside = matchMedia(besideViews);
    choices.open = beside.matches;
    beside.addEventListener("change", () => (choices.open = beside.matches));
    this.element.append(picker, choices);
  }

  show(definitions: Definition[], definition: Definition | null, ranking: Ranking | null, state: State): void {
    const options = definitions.map((d) => ({ id: d.id, label: d.isReady ? d.title : words.waiting(d.title) }));
    if (this.#written !== JSON.stringify(options)) {
      this.#written = JSON.stringify(options);
      fill(this.#index, ...options.map((o) => el("option", "", { value: o.id }, o.label)));
    }
    this.#index.value = definition?.id ?? "";
    const another = this.#definition?.id !== definition?.id;
    this.#definition = definition;
    if (!definition) return;
    fill(this.#description, definition.description);
    if (another) {
      this.#sliders.clear();
      fill(this.#capitals);
      fill(this.#measures);
      this.#measuresWritten = "";
    }
    const of = ranking?.index === definition.id ? ranking : null;
    this.#showHealth(definition, state);
    if (!of) return;
    this.#showCapitals(definition, of, state);
    this.#showMeasures(definition, of, state);
  }

  #showHealth(definition: Definition, state: State): void {
    const health = healthOf(definition);
    const out = leftOut(definition, state);
    this.#health.checked = health.some((id) => !out.includes(id));
    const all = health.length === definition.parts.length;
    this.#health.disabled = health.length === 0 || all;
    const titleOf = (id: string) => this.#page.shown?.indicators.find((i) => i.id === id)?.title ?? id.replace(/-/g, " ");
    fill(this.#healthAbout, health.length === 0 ? words.noHealth : all ? words.onlyHealth : words.healthAbout(health.map(titleOf)));
  }

  #turnHealth(counts: boolean): void {
    const definition = this.#definition;
    if (!definition) return;
    const health = healthOf(definition);
    const out = leftOut(definition, this.#page.store.now).filter((id) => !health.includes(id));
    this.#page.store.change({ without: (counts ? out : [...out, ...health]).join(",") || null });
  }

  #showCapitals(definition: Definition, ranking: Ranking, state: State): void {
    if (this.#sliders.size === 0) this.#makeCapitals(definition, ranking);
    const weights = readWeights(state.weights);
    for (const [capital, { input, said }] of this.#sliders) {
      const found = ranking.capitals.find((c) => c.capital === capital);
      const weight = weights.get(capital) ?? stated(definition, capital);
      // The slider under the reader's hand is where the hand left it.
      if (document.activeElement !== input || Number(input.value) !== weight) input.value = String(weight);
      const share = found?.missing === null ? found.share : 0;
      input.disabled = found?.missing !== null;
      input.setAttribute("aria-valuetext", words.weightSaid(weight, share));
      fill(said, found?.missing === null ? words.share(share) : words.missing);
    }
  }

  #makeCapitals(definition: Definition, ranking: Ranking): void {
    const reset = el("button", "link", { type: "button" }, words.reset);
    reset.addEventListener("click", () => this.#page.store.change({ weights: null }));
    const rows = capitals.map((capital) => {
      const name = words.capital[capital] ?? capital;
      const found = ranking.capitals.find((c) => c.capital === capital);
      const whole = definition.parts.length === ranking.measures.length;
      const why = definition.missing.get(capital) ?? null;
      // One that only the reader's choice took away keeps its slider, so that it can come back.
      if ((!found || found.missing !== null) && (whole || why !== null)) {
        return el("div", "capital missing", {}, el("span", "capital-name", {}, name), el("span", "capital-share", {}, words.missing), el("p", "levelling-about", {}, found?.missing ?? why ?? ""));
      }
      const id = `weight-${capital}`;
      const input = el("input", "", { type: "range", id, min: 0, max: heaviest, step: weightStep });
      const said = el("output", "capital-share", { for: id });
      input.addEventListener("input", () => this.#weigh(capital, Number(input.value)));
      this.#sliders.set(capital, { input, said });
      return el("div", "capital", {}, el("label", "capital-name", { for: id }, name), said, input);
    });
    fill(this.#capitals, el("legend", "", {}, words.weights), reset, ...rows);
  }

  #weigh(capital: string, weight: number): void {
    const definition = this.#definition;
    if (!definition) return;
    const weights = readWeights(this.#page.store.now.weights).set(capital, weight);
    // A step of a slider is no step of Back: there would be too many.
    this.#page.store.change({ weights: writeWeights(weights, definition) }, "quiet");
  }

  #showMeasures(definition: Definition, ranking: Ranking, state: State): void {
    const out = leftOut(definition, state);
    const key = JSON.stringify([out, ranking.measures.map((m) => [m.id, m.share])]);
    if (key === this.#measuresWritten) return;
    this.#measuresWritten = key;
    const focused = document.activeElement?.id ?? "";
    const rows = definition.parts.map(({ id }) => {
      const measure = ranking.measures.find((m) => m.id === id);
      const box = el("input", "", { type: "checkbox", id: `measure-${id}` });
      box.checked = !out.includes(id);
      const last = box.checked && out.length === definition.parts.length - 1;
      box.disabled = last;
      box.title = last ? words.lastMeasure : "";
      box.addEventListener("change", () => {
        const now = leftOut(definition, this.#page.store.now);
        const next = box.checked ? now.filter((other) => other !== id) : [...now, id];
        this.#page.store.change({ without: next.join(",") || null });
      });
      const title = measure?.title ?? this.#page.shown?.indicators.find((i) => i.id === id)?.title ?? id.replace(/-/g, " ");
      const about = measure ? [words.share(measure.share), words.periods(measure.periods)].join(" · ") : "";
      return el("li", "", {}, el("label", "", { for: `measure-${id}` }, box, el("span", "", {}, title, el("span", "row-unit", {}, about))));
    });
    fill(this.#measures, el("summary", "", {}, words.measures), el("ul", "", {}, ...rows));
    if (focused.startsWith("measure-")) document.getElementById(focused)?.focus();
  }
}
