// The chosen area: its name, its value, and the areas of other layers that it lies in.

import type { Area, AreaValue, Indicator, Layer, Parent, Values } from "./answers.ts";
import { el, fill, icon, icons } from "./element.ts";
import { grouped, unions } from "./footprint.ts";
import { swatch } from "./legend.ts";
import { count, decimal, withUnit } from "./number.ts";
import { texts } from "./texts.ts";

/** Everything that is said of an area. */
export interface Told {
  code: string;
  name: string;
  /** What it is, once the server has said so. */
  about: Area | null;
  area: AreaValue | null;
  indicator: Indicator | null;
  layer: Layer;
  layers: Layer[];
  values: Values | null;
}

/** A value in words: with its unit, or why there is none. */
export function valueText(area: AreaValue | null, indicator: Indicator | null): string {
  if (area?.said) return area.said;
  if (!area || area.value === null) return texts.flags[area?.flag ?? "missing"] ?? texts.flags["missing"] ?? "";
  return withUnit(decimal(area.value, indicator?.decimals ?? 1), indicator?.unit ?? "").trim();
}

/** Place of an area when the values are put in order, the highest first; null without a value. */
export function rank(area: AreaValue, areas: Iterable<AreaValue>): { place: number; of: number } | null {
  if (area.value === null || area.said) return null;
  let place = 1;
  let of = 0;
  for (const other of areas) {
    if (other.value === null) continue;
    of += 1;
    if (other.value > area.value) place += 1;
  }
  return { place, of };
}

export class Panel {
  readonly element: HTMLElement;
  readonly #head = el("div", "panel-head");
  readonly #value = el("div", "panel-value");
  readonly #facts = el("dl", "panel-facts");
  readonly #parents = el("section", "panel-parents");

  readonly #choose: (area: Parent) => void;

  /** `choose` goes to another area. */
  constructor(close: () => void, choose: (area: Parent) => void) {
    this.#choose = choose;
    const button = el("button", "round", { type: "button", "aria-label": texts.close, title: texts.close });
    button.append(icon(icons.close));
    button.addEventListener("click", close);
    this.element = el("aside", "panel", { hidden: true }, button, this.#head, this.#value, this.#facts, this.#parents);
  }

  #link(area: Parent): HTMLButtonElement {
    const link = el("button", "text-link", { type: "button" }, area.name);
    link.addEventListener("click", () => this.#choose(area));
    return link;
  }

  hide(): void {
    this.element.hidden = true;
  }

  show(told: Told): void {
    const { code, name, about, area, indicator, layer, values } = told;
    this.element.hidden = false;
    this.element.setAttribute("aria-label", name);
    fill(
      this.#head,
      el("h2", "", {}, name),
      el("p", "panel-kind", {}, layer.title, " · ", el("code", "", {}, code)),
    );
    this.#showValue(area, indicator, values, code);
    const fact = (term: string, detail: string | null) =>
      detail ? [el("dt", "", {}, term), el("dd", "", {}, detail)] : [];
    const parts =
      area && area.count !== null && area.denominator !== null
        ? texts.madeOf(count(area.count), count(area.denominator))
        : null;
    const method = area?.method ? (texts.method[area.method] ?? area.method) : null;
    const residents = about?.population ?? null;
    const km2 = about?.areaKm2 ?? null;
    fill(
      this.#facts,
      ...fact(texts.period, values?.period ?? null),
      ...fact(texts.value, parts ?? method),
      ...fact(texts.residents, residents === null ? null : count(residents)),
      ...fact(texts.land, km2 === null ? null : texts.km2(decimal(km2, km2 < 10 ? 1 : 0))),
    );
    this.#facts.hidden = !this.#facts.hasChildNodes();
    this.#showParents(about?.parents ?? [], code, told.layers);
  }

  #showValue(area: AreaValue | null, indicator: Indicator | null, values: Values | null, code: string): void {
    this.#value.hidden = indicator === null;
    if (!indicator) return;
    if (values && !area) {
      fill(this.#value, el("p", "panel-none", {}, texts.noSuchArea(code)));
      return;
    }
    const decimals = indicator.decimals;
    const place = area && values ? rank(area, values.areas.values()) : null;
    const limits =
      area && area.lower !== null && area.upper !== null
        ? texts.confidence(decimal(area.lower, decimals), decimal(area.upper, decimals))
        : null;
    const colour = area && area.class !== null ? values?.classes[area.class]?.fill : undefined;
    const hasValue = area !== null && area.value !== null;
    const percentage = indicator.unit === "%";
    fill(
      this.#value,
      el("p", "panel-label", {}, indicator.title),
      hasValue
        ? el(
            "p",
            "panel-number",
            {},
            colour ? swatch(colour) : null,
            el("strong", "", {}, area.said ?? decimal(area.value ?? 0, decimals) + (percentage ? "%" : "")),
            percentage || area.said ? null : el("span", "", {}, indicator.unit),
          )
        : el("p", "panel-none", {}, values ? valueText(area, indicator) : texts.loading),
      place ? el("p", "panel-note", {}, texts.rank(place.place, place.of)) : null,
      limits ? el("p", "panel-note", {}, limits) : null,
    );
  }

  /** The areas that the area lies wholly in, in the order in which the layers are offered. */
  #showParents(parents: Parent[], code: string, layers: Layer[]): void {
    const told = new Set([code]);
    const rows = grouped(layers)
      .flatMap((group) => group.layers)
      .filter((layer) => !unions.includes(layer.kind))
      .flatMap((layer) => {
        const parent = parents.find((p) => p.layer === layer.id);
        // One body may stand in several layers; it is named once.
        if (!parent || told.has(parent.code)) return [];
        told.add(parent.code);
        return [el("dt", "", {}, texts.kinds[layer.kind] ?? layer.title), el("dd", "", {}, this.#link(parent))];
      });
    this.#parents.hidden = rows.length === 0;
    fill(this.#parents, el("h3", "", {}, texts.liesIn), el("dl", "parents", {}, ...rows));
  }
}
