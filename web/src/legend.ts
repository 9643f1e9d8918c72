// The legend: every class with its colour, its bounds and how many areas it holds; then the areas without a value.

import type { Indicator, LegendClass, Pattern, Values } from "./answers.ts";
import { bar, el, fill } from "./element.ts";
import type { Named } from "./map.ts";
import { decimal } from "./number.ts";
import { drawn } from "./page.ts";
import type { Page, Part, Shown } from "./page.ts";
import { texts } from "./texts.ts";
import { toolTexts } from "./texts-tools.ts";

/** Bounds of a class in words. */
export function classLabel(c: LegendClass, decimals: number): string {
  if (c.label) return c.label;
  const bound = (value: number | null) => (value === null ? "" : decimal(value, decimals));
  return texts.classRange(bound(c.lower), bound(c.upper));
}

function squareLabel(c: LegendClass | undefined): string {
  return c ? `${c.label ?? ""}: ${texts.areasIn(c.count)}` : "";
}

/** The patterns as the map draws them, in the size of a swatch. */
const strokes: Record<Pattern, string> = {
  diagonal: "M-6 14 8 0M0 14 14 0M6 14 20 0M12 14 26 0",
  crosshatch: "M-6 14 8 0M0 14 14 0M6 14 20 0M12 14 26 0M-6 0 8 14M0 0 14 14M6 0 20 14M12 0 26 14",
  // Strokes without length and with round ends are dots.
  dots: "M3 4h0M10 4h0M17 4h0M3 10h0M10 10h0M17 10h0",
  lines: "M0 3.5h20M0 7.5h20M0 11.5h20",
};

/** A square of colour, or of the ground without a value: SVG, because a style attribute is not allowed. */
export function swatch(colour: string | null, pattern: Pattern | null = null): SVGSVGElement {
  const make = (tag: string, attributes: Record<string, string>) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const svg = make("svg", {
    viewBox: "0 0 20 14",
    preserveAspectRatio: "xMidYMid slice",
    class: "swatch",
    "aria-hidden": "true",
  }) as SVGSVGElement;
  svg.append(make("rect", { width: "20", height: "14", rx: "2", ...(colour ? { fill: colour } : { class: "unvalued" }) }));
  if (pattern) svg.append(make("path", { d: strokes[pattern], class: `swatch-strokes ${pattern}` }));
  return svg;
}

export function legendPart(page: Page): Part {
  const legend = new Legend((litClass) => page.map?.light(litClass));
  page.layout.side.append(legend.element);
  page.layout.sideHead.insertBefore(legend.ramp, page.layout.sideHead.lastChild);
  let before: Shown | null = null;
  return {
    show(shown) {
      const now = drawn(shown);
      const was = before && drawn(before);
      const alike = was?.indicator === now.indicator && before?.second === shown.second && before.layer === shown.layer;
      // Until other values have come the old classes stay: time that is played must not flicker.
      if (alike && (was?.values === now.values || !now.values)) return;
      before = shown;
      legend.show(now.indicator, now.values);
    },
    point: (area: Named | null) =>
      legend.point(area && page.shown ? (drawn(page.shown).values?.areas.get(area.code)?.class ?? null) : null),
    escape: () => legend.release(),
  };
}

class Legend {
  readonly element: HTMLElement;
  /** The colours in a row, for when the sheet of a small screen is down. */
  readonly ramp = el("div", "ramp", { "aria-hidden": true });
  readonly #rampTitle = el("span", "ramp-title");
  readonly #rampColours = el("span", "ramp-colours");
  readonly #title = el("h2", "legend-title");
  readonly #unit = el("p", "legend-unit");
  readonly #classes = el("ul", "legend-classes");
  readonly #sides = el("p", "legend-sides");
  readonly #noData = el("ul", "legend-classes no-data");
  readonly #light: (litClass: number | null) => void;
  #kept: number | null = null;
  #rows: HTMLElement[] = [];

  constructor(light: (litClass: number | null) => void) {
    this.#light = light;
    this.element = el(
      "section",
      "legend",
      { "aria-label": texts.legend },
      this.#title,
      this.#unit,
      this.#classes,
      this.#sides,
      this.#noData,
    );
    this.element.hidden = true;
    this.#classes.title = texts.legendHint;
    this.ramp.append(this.#rampTitle, this.#rampColours);
  }

  show(indicator: Indicator | null, values: Values | null): void {
    this.#kept = null;
    this.#light(null);
    this.element.hidden = indicator === null;
    if (!indicator) return;
    fill(this.#title, indicator.title);
    fill(this.#unit, [texts.legendUnit(indicator.unit), values?.period].filter(Boolean).join(", "));
    const most = Math.max(1, ...(values?.classes ?? []).map((c) => c.count));
    // The highest class stands on top, as on a thermometer.
    const classes = (values?.classes ?? []).map((c, i) => this.#row(c, i, most, indicator.decimals));
    this.#rows = classes;
    const rowsFromTop = [...classes].reverse().map((row) => el("li", "", {}, row));
    const square = values?.square ?? null;
    // Of two measures the classes stand as a square: the first grows to the right, the second upwards.
    this.#classes.classList.toggle("square", square !== null);
    if (square) {
      classes.forEach((row, i) => row.setAttribute("aria-label", squareLabel(values?.classes[i])));
      const upwards = [6, 7, 8, 3, 4, 5, 0, 1, 2].map((i) => el("li", "", {}, classes[i] ?? null));
      fill(this.#classes, ...upwards);
      fill(this.#title, `${square.across} · ${square.up}`);
      fill(this.#unit, toolTexts.square);
    } else fill(this.#classes, ...rowsFromTop);
    this.#sides.hidden = square === null;
    fill(this.#sides, ...(square ? [toolTexts.more(square.across), toolTexts.more(square.up)] : []).map((side) => el("span", "", {}, side)));
    const noData = (values?.noData ?? []).filter((c) => c.count > 0);
    this.#noData.hidden = noData.length === 0;
    fill(
      this.#noData,
      ...noData.map((c) =>
        el(
          "li",
          "legend-row",
          {},
          swatch(c.fill, c.pattern),
          el("span", "legend-range", {}, texts.flags[c.flag] ?? c.label ?? c.flag),
          el("span", "legend-count", {}, decimal(c.count, 0)),
        ),
      ),
    );
    fill(this.#rampTitle, indicator.title);
    fill(this.#rampColours, ...(values?.classes ?? []).map((c) => swatch(c.fill)));
  }

  /** Marks the class of the area under the pointer. */
  point(pointed: number | null): void {
    this.#rows.forEach((row, i) => row.classList.toggle("pointed", i === pointed));
  }

  /** Lets go of a class that was kept; says whether there was one. */
  release(): boolean {
    if (this.#kept === null) return false;
    this.#keep(null);
    return true;
  }

  #row(c: LegendClass, index: number, most: number, decimals: number): HTMLButtonElement {
    const row = el(
      "button",
      "legend-row",
      { type: "button", "aria-pressed": "false" },
      swatch(c.fill),
      el("span", "legend-range", {}, classLabel(c, decimals)),
      bar("legend-bar", c.count / most),
      el("span", "legend-count", { "aria-label": texts.areasIn(c.count) }, decimal(c.count, 0)),
    );
    row.addEventListener("pointerenter", (e) => {
      if (e.pointerType === "mouse") this.#light(index);
    });
    row.addEventListener("pointerleave", () => this.#light(this.#kept));
    row.addEventListener("click", () => this.#keep(this.#kept === index ? null : index));
    return row;
  }

  #keep(index: number | null): void {
    this.#kept = index;
    this.#rows.forEach((row, i) => row.setAttribute("aria-pressed", String(i === index)));
    this.#light(index);
  }
}
