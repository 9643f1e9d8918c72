// Two indicators as a scatter, in the colours of the map: drag over points and the map shows which areas they are;
// point at an area and its point stands out.

import type { AreaValue, Indicator, Values } from "./answers.ts";
import { el, fill } from "./element.ts";
import { isLoaded } from "./loaded.ts";
import type { Named } from "./map.ts";
import { decimal } from "./number.ts";
import type { Page, Shown } from "./page.ts";
import { choices } from "./pickers.ts";
import { bounds, correlation, steps } from "./plot.ts";
import { questionOf } from "./question.ts";
import { texts } from "./texts.ts";
import { toolTexts } from "./texts-tools.ts";
import type { Tool } from "./tools.ts";
import { Failed, ValuesShelf } from "./values.ts";

/** The least that the drawing takes, in pixels, and the room that the words around it need. */
const least = { width: 300, height: 170 };
const around_px = 112;
const edge = { left: 62, right: 12, top: 12, bottom: 44 };

interface Point {
  area: AreaValue;
  name: string;
  x: number;
  y: number;
}

export function scatterTool(page: Page): Tool {
  return new Scatter(page);
}

class Scatter implements Tool {
  readonly element = el("div", "scatter");
  readonly #page: Page;
  readonly #shelf = new ValuesShelf();
  readonly #said = el("p", "scatter-said", { role: "status" });
  #first: Values | null = null;
  #secondKey = "";
  #points: Point[] = [];
  #dots = new Map<string, SVGCircleElement>();
  #pointed: SVGCircleElement | null = null;
  #picked: Set<string> | null = null;

  constructor(page: Page) {
    this.#page = page;
  }

  show(shown: Shown): void {
    const { indicator, layer, second, values, state } = shown;
    if (!indicator || !layer || !values) return;
    const key = `${layer.id} ${second?.id}`;
    if (values === this.#first && key === this.#secondKey) return this.#mark(state.selected);
    this.#first = values;
    this.#secondKey = key;
    this.#pick(null);
    if (isLoaded(indicator.id)) return fill(this.element, toolTexts.ownTable);
    const others = shown.indicators.filter((i) => i.id !== indicator.id && !isLoaded(i.id));
    if (!second) {
      const choice = choices("scatter-second", toolTexts.second, others, (id) => this.#page.store.change({ second: id }));
      return fill(this.element, el("p", "", {}, toolTexts.scatterNeeds), choice);
    }
    fill(this.element, texts.loading);
    void this.#load(shown, indicator, second, key);
  }

  point(area: Named | null): void {
    this.#pointed?.classList.remove("pointed");
    this.#pointed = area ? (this.#dots.get(area.code) ?? null) : null;
    this.#pointed?.classList.add("pointed");
    // The last drawn lies on top.
    if (this.#pointed) this.#pointed.parentNode?.append(this.#pointed);
  }

  escape(): boolean {
    if (this.#picked === null) return false;
    this.#pick(null);
    return true;
  }

  closed(): void {
    this.#pick(null);
  }

  async #load(shown: Shown, indicator: Indicator, second: Indicator, key: string): Promise<void> {
    const { layer, state, values } = shown;
    const question = questionOf({ layer, indicator: second, period: null, overlay: null, second: null }, { ...state, sex: null, age: null });
    if (!question || !values) return;
    this.#page.progress.set("scatter", true);
    const other = this.#shelf.at(question) ?? (await this.#shelf.load(question));
    this.#page.progress.set("scatter", false);
    if (other === null || this.#secondKey !== key || this.#first !== values) return;
    if (other instanceof Failed) {
      const again = () => void this.#load(shown, indicator, second, key);
      this.#page.notice.show("scatter", texts.valuesFailed, String(other.error), again);
      return;
    }
    this.#draw(indicator, second, values, other);
    this.#mark(state.selected);
  }

  #draw(across: Indicator, up: Indicator, values: Values, other: Values): void {
    const body = this.element.parentElement;
    const width = Math.max(least.width, this.element.clientWidth);
    const height = Math.max(least.height, (body?.clientHeight ?? 0) - around_px);
    const pairs = [...values.areas.values()].flatMap((area) => {
      const second = other.areas.get(area.code)?.value ?? null;
      return area.value === null || second === null ? [] : [{ area, first: area.value, second }];
    });
    const x = scale(bounds(pairs.map((p) => p.first)), edge.left, width - edge.right);
    const y = scale(bounds(pairs.map((p) => p.second)), height - edge.bottom, edge.top);
    this.#points = pairs.map(({ area, first, second }) => ({
      area,
      name: area.name ?? this.#page.nameOf(area.code),
      x: x.at(first),
      y: y.at(second),
    }));
    const drawing = svg("svg", { width: String(width), height: String(height), role: "img", "aria-label": toolTexts.scatterOf(across.title, up.title) });
    for (const value of steps(x.low, x.high)) {
      drawing.append(svg("path", { d: `M${x.at(value)} ${edge.top}V${height - edge.bottom}`, class: "grid" }));
      drawing.append(label(decimal(value, decimalsOf(x)), x.at(value), height - edge.bottom + 15, "middle"));
    }
    for (const value of steps(y.low, y.high)) {
      drawing.append(svg("path", { d: `M${edge.left} ${y.at(value)}H${width - edge.right}`, class: "grid" }));
      drawing.append(label(decimal(value, decimalsOf(y)), edge.left - 7, y.at(value) + 4, "end"));
    }
    drawing.append(label(`${across.title}, ${across.unit}`, (edge.left + width - edge.right) / 2, height - 8, "middle", "axis"));
    const dots = svg("g", {});
    this.#dots = new Map();
    for (const point of this.#points) {
      const fillOf = point.area.class === null ? undefined : values.classes[point.area.class]?.fill;
      const dot = svg("circle", { cx: String(point.x), cy: String(point.y), r: "4", ...(fillOf ? { fill: fillOf } : {}) }) as SVGCircleElement;
      const title = svg("title", {});
      title.textContent = point.name;
      dot.append(title);
      dots.append(dot);
      this.#dots.set(point.area.code, dot);
    }
    const brush = svg("rect", { class: "brush", width: "0", height: "0" }) as SVGRectElement;
    drawing.append(dots, brush);
    this.#brush(drawing as SVGSVGElement, brush);
    const r = correlation(pairs.map((p) => [p.first, p.second]));
    this.#say(null);
    fill(
      this.element,
      el("p", "scatter-up", {}, `${up.title}, ${up.unit}`),
      drawing,
      el("p", "scatter-note", {}, [r === null ? null : toolTexts.correlation(decimal(r, 2), pairs.length), toolTexts.scatterHint].filter(Boolean).join(". ")),
      this.#said,
    );
  }

  #brush(drawing: SVGSVGElement, brush: SVGRectElement): void {
    let from: { x: number; y: number } | null = null;
    const at = (e: PointerEvent) => {
      const box = drawing.getBoundingClientRect();
      return { x: e.clientX - box.left, y: e.clientY - box.top };
    };
    drawing.addEventListener("pointerdown", (e) => {
      from = at(e);
      drawing.setPointerCapture(e.pointerId);
    });
    drawing.addEventListener("pointermove", (e) => {
      if (!from) return;
      const to = at(e);
      const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
      const [w, h] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
      for (const [name, value] of Object.entries({ x, y, width: w, height: h })) brush.setAttribute(name, String(value));
    });
    const end = (e: PointerEvent) => {
      if (!from) return;
      const to = at(e);
      const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
      const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
      from = null;
      // A press without a drag lets go.
      if (right - left < 3 && bottom - top < 3) return this.#pick(null);
      const inside = this.#points.filter((p) => p.x >= left && p.x <= right && p.y >= top && p.y <= bottom);
      this.#pick(new Set(inside.map((p) => p.area.code)));
    };
    drawing.addEventListener("pointerup", end);
    drawing.addEventListener("pointercancel", () => (from = null));
  }

  #pick(codes: Set<string> | null): void {
    if (codes === null && this.#picked === null) return;
    this.#picked = codes;
    if (codes === null)
      this.element.querySelector(".brush")?.setAttribute("width", "0");
    for (const [code, dot] of this.#dots) dot.classList.toggle("dim", codes !== null && !codes.has(code));
    void this.#page.map?.pick(codes);
    this.#say(codes);
  }

  #say(codes: Set<string> | null): void {
    if (codes === null) return fill(this.#said);
    const names = this.#points.filter((p) => codes.has(p.area.code)).map((p) => p.name);
    const some = names.slice(0, 8).join(", ") + (names.length > 8 ? " …" : "");
    const button = el("button", "link", { type: "button" }, toolTexts.scatterClear);
    button.addEventListener("click", () => this.#pick(null));
    fill(this.#said, `${toolTexts.scatterPicked(codes.size)}: ${some} `, button);
  }

  #mark(code: string | null): void {
    for (const [other, dot] of this.#dots) dot.classList.toggle("chosen", other === code);
  }
}

interface Scale {
  low: number;
  high: number;
  at(value: number): number;
}

function scale({ low, high }: { low: number; high: number }, from: number, to: number): Scale {
  return { low, high, at: (value) => Number((from + ((value - low) / (high - low)) * (to - from)).toFixed(2)) };
}

function decimalsOf({ low, high }: Scale): number {
  return Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(high - low))));
}

function svg(tag: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function label(text: string, x: number, y: number, anchor: string, kind = "tick"): SVGElement {
  const made = svg("text", { x: String(x), y: String(y), "text-anchor": anchor, class: kind });
  made.textContent = text;
  return made;
}
