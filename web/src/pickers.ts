// The choices: indicator, areas, outlines, period.

import type { Indicator, Layer } from "./answers.ts";
import { layerFor } from "./choice.ts";
import { el, fill } from "./element.ts";
import { covers, family, grouped } from "./footprint.ts";
import { isLoaded } from "./loaded.ts";
import type { Page, Part } from "./page.ts";
import { noOverlay } from "./state.ts";
import { texts } from "./texts.ts";
import { toolTexts } from "./texts-tools.ts";

/** What the choices offer and what is chosen. */
export interface Choices {
  layers: Layer[];
  indicators: Indicator[];
  layer: Layer | null;
  indicator: Indicator | null;
  period: string | null;
  overlay: Layer | null;
  second: Indicator | null;
  sex: string | null;
  age: string | null;
}

export interface Chosen {
  layer?: string;
  indicator?: string;
  period?: string;
  overlay?: string;
  second?: string;
  sex?: string;
  age?: string;
}

interface Option {
  value: string;
  label: string;
}
type Group = { label: string | null; options: Option[] };

/** A labelled select; its options are written anew only when they differ. */
class Picker {
  readonly element: HTMLElement;
  readonly #select: HTMLSelectElement;
  #written = "";

  constructor(id: string, label: string, changed: (value: string) => void) {
    this.#select = el("select", "", { id, name: id });
    this.#select.addEventListener("change", () => changed(this.#select.value));
    this.element = el("div", "picker", {}, el("label", "", { for: id }, label), this.#select);
  }

  show(groups: Group[], value: string): void {
    const written = JSON.stringify(groups);
    if (written !== this.#written) {
      this.#written = written;
      const option = (o: Option) => el("option", "", { value: o.value }, o.label);
      const nodes = groups.flatMap((g) =>
        g.label === null ? g.options.map(option) : [el("optgroup", "", { label: g.label }, ...g.options.map(option))],
      );
      fill(this.#select, ...nodes);
    }
    this.#select.value = value;
    this.#select.disabled = groups.length === 0;
  }

  hide(hidden: boolean): void {
    this.element.hidden = hidden;
  }
}

/** The choices stand above the legend. */
export function pickersPart(page: Page): Part {
  const pickers = new Pickers((chosen) => pick(page, chosen));
  page.layout.side.prepend(pickers.element);
  return {
    show({ state, layers, indicators, layer, indicator, overlay, period, second }) {
      const shownPeriod = period ?? indicator?.periods.at(-1) ?? null;
      pickers.show({ layers, indicators, layer, indicator, overlay, second, period: shownPeriod, sex: state.sex, age: state.age });
    },
  };
}

/** Changes the state as the reader chose, and what must follow from it. */
function pick(page: Page, chosen: Chosen): void {
  const { shown, store } = page;
  if (!shown) return;
  const { layer, layers, indicators } = shown;
  if (chosen.indicator !== undefined) {
    const indicator = indicators.find((i) => i.id === chosen.indicator);
    const fits = indicator ? layerFor(indicator, layer, layers) : layer;
    const moved = fits?.id !== layer?.id;
    store.change({
      indicator: chosen.indicator,
      period: null,
      sex: null,
      age: null,
      layer: fits?.id ?? null,
      ...(moved ? { selected: null } : {}),
    });
  } else if (chosen.layer !== undefined) {
    // The outlines follow the layer, unless the reader switched them off.
    const overlay = store.now.overlay === noOverlay ? noOverlay : null;
    store.change({ layer: chosen.layer, selected: null, overlay, indicator: shown.indicator?.id ?? null });
  } else if (chosen.overlay !== undefined) store.change({ overlay: chosen.overlay });
  else if (chosen.period !== undefined) store.change({ period: chosen.period });
  else if (chosen.second !== undefined) store.change({ second: chosen.second || null });
  else if (chosen.sex !== undefined) store.change({ sex: chosen.sex || null });
  else if (chosen.age !== undefined) store.change({ age: chosen.age || null });
}

class Pickers {
  readonly element: HTMLElement;
  readonly #indicator: Picker;
  readonly #period: Picker;
  readonly #layer: Picker;
  readonly #overlay: Picker;
  readonly #second: Picker;
  readonly #sex: Picker;
  readonly #age: Picker;
  readonly #about = el("div", "about");

  constructor(choose: (chosen: Chosen) => void) {
    this.#indicator = new Picker("indicator", texts.indicator, (indicator) => choose({ indicator }));
    this.#period = new Picker("period", texts.period, (period) => choose({ period }));
    this.#layer = new Picker("layer", texts.layer, (layer) => choose({ layer }));
    this.#overlay = new Picker("overlay", texts.overlay, (overlay) => choose({ overlay }));
    this.#second = new Picker("second", toolTexts.second, (second) => choose({ second }));
    this.#sex = new Picker("sex", toolTexts.sex, (sex) => choose({ sex }));
    this.#age = new Picker("age", toolTexts.age, (age) => choose({ age }));
    const people = [this.#sex, this.#age];
    const order = [this.#indicator, this.#period, ...people, this.#layer, this.#overlay, this.#second];
    const all = order.map((p) => p.element);
    this.element = el("form", "pickers", { "aria-label": texts.controls }, ...all, this.#about);
    this.element.hidden = true;
    this.element.addEventListener("submit", (e) => e.preventDefault());
  }

  show(choices: Choices): void {
    const { layers, indicators, layer, indicator, period, overlay } = choices;
    this.element.hidden = false;
    this.#indicator.show(byCapital(indicators), indicator?.id ?? "");
    this.#indicator.hide(indicators.length === 0);
    const periods = [...(indicator?.periods ?? [])];
    this.#period.show([{ label: null, options: periods.map((p) => ({ value: p, label: p })) }], period ?? "");
    this.#period.hide(periods.length < 2);
    const usable = layers.filter((l) => !indicator || covers(indicator.layers, l) || l.id === layer?.id);
    this.#layer.show(layerGroups(usable), layer?.id ?? "");
    const others = layers.filter((l) => l.current && l.id !== layer?.id && family(l.kind) !== "small");
    this.#overlay.show(
      [{ label: null, options: [{ value: noOverlay, label: texts.noOverlay }] }, ...layerGroups(others)],
      overlay?.id ?? noOverlay,
    );
    const one = (list: string[]) => [{ label: null, options: list.map((v) => ({ value: v, label: v || toolTexts.everyone })) }];
    for (const [picker, list, chosen] of [
      [this.#sex, indicator?.sexes ?? [], choices.sex],
      [this.#age, indicator?.ages ?? [], choices.age],
    ] as const) {
      // Unasked, the server takes all people, else the first by name.
      const unasked = [...list].sort()[0] ?? "";
      picker.show(one(list), chosen !== null && list.includes(chosen) ? chosen : unasked);
      picker.hide(list.length < 2);
    }
    this.#second.show(
      [
        { label: null, options: [{ value: "", label: toolTexts.noSecond }] },
        ...byCapital(indicators.filter((i) => i.id !== indicator?.id && !isLoaded(i.id))),
      ],
      choices.second?.id ?? "",
    );
    this.#second.hide(indicators.length < 2 || (indicator !== null && isLoaded(indicator.id)));
    this.#showAbout(indicator);
  }

  #showAbout(indicator: Indicator | null): void {
    this.#about.hidden = !indicator;
    if (!indicator) return;
    const fact = (text: string | null | undefined) => (text ? el("li", "", {}, text) : null);
    const open = this.#about.querySelector("details")?.open ?? false;
    const source = [indicator.source, indicator.licence].filter(Boolean).join(" · ");
    const details = el(
      "details",
      "",
      {},
      el("summary", "", {}, texts.about),
      indicator.description ? el("p", "", {}, indicator.description) : null,
      el(
        "ul",
        "facts",
        {},
        fact(texts.polarity[indicator.polarity]),
        fact(indicator.horizon && texts.horizon[indicator.horizon]),
        fact(source && `${texts.source}: ${source}`),
      ),
    );
    details.open = open;
    fill(this.#about, details);
  }
}

/** A choice among indicators; where none is chosen yet, that can be seen. */
export function choices(id: string, label: string, indicators: Indicator[], chosen: (id: string) => void, now: string | null = null): HTMLElement {
  const picker = new Picker(id, label, (value) => value && chosen(value));
  const none = now === null ? [{ label: null, options: [{ value: "", label: toolTexts.noSecond }] }] : [];
  picker.show([...none, ...byCapital(indicators)], now ?? "");
  return picker.element;
}

function layerGroups(layers: Layer[]): Group[] {
  return grouped(layers).map(({ group, layers: members }) => ({
    label: texts.family[group],
    options: members.map((l) => ({ value: l.id, label: texts.layerOption(l.title, l.areaCount, l.provisional) })),
  }));
}

/** Indicators under the capital they speak of, in the order of the texts; the rest last. */
function byCapital(indicators: Indicator[]): Group[] {
  const option = (i: Indicator) => ({ value: i.id, label: i.title });
  const capitals = Object.entries(texts.capital).map(([capital, label]) => ({
    label,
    options: indicators.filter((i) => i.capital === capital).map(option),
  }));
  const rest = indicators.filter((i) => i.capital === null || !(i.capital in texts.capital)).map(option);
  return [...capitals, { label: texts.otherCapital, options: rest }].filter((g) => g.options.length > 0);
}
