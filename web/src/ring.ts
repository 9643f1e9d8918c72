// The pin and its circle over the map: drawn over the canvas, so that they stay while the map is laid anew, and dragged
// by pointer or keyboard.

import { destination, distance_m, rim, rounded_m } from "./circle.ts";
import { el, icon, icons } from "./element.ts";
import type { AreaMap } from "./map.ts";
import type { Point } from "./places.ts";
import { greatestRadius_m, leastRadius_m } from "./state.ts";
import { texts } from "./texts.ts";

const words = texts.around;

/** Corners of the drawn circle: none can be seen. */
const corners = 120;
/** What a press of an arrow key moves the pin by, in pixels; with Shift more. */
const step_px = 10;
const largeStep_px = 60;
/** What a press of an arrow key makes of the radius; with Shift more. */
const grow = 1.05;
const growMuch = 1.3;

export interface RingEvents {
  /** While it is dragged. */
  dragged(point: Point, radius: number | null): void;
  /** When it is let go, or was moved by a key. */
  moved(point: Point, radius: number | null): void;
}

/** A radius within what can be asked for. */
export function allowed_m(radius_m: number): number {
  return Math.min(greatestRadius_m, Math.max(leastRadius_m, rounded_m(radius_m)));
}

/** A radius in words. */
export function radiusText(radius_m: number): string {
  return radius_m < 1_000 ? words.metres(String(Math.round(radius_m))) : words.km(String(Number((radius_m / 1000).toFixed(1))));
}

export class Ring {
  readonly element: HTMLElement;
  readonly #map: AreaMap;
  readonly #events: RingEvents;
  readonly #circle: SVGPathElement;
  readonly #spoke: SVGPathElement;
  readonly #pin = el("button", "pin", { type: "button", "aria-label": words.pin, title: words.pin });
  readonly #handle = el("button", "ring-handle", {
    type: "button",
    role: "slider",
    "aria-label": words.handle,
    "aria-valuemin": leastRadius_m,
    "aria-valuemax": greatestRadius_m,
  });
  readonly #label = el("span", "ring-label", { "aria-hidden": "true" });
  #point: Point | null = null;
  #radius: number | null = null;
  /** Where the handle stands on the rim, in degrees clockwise from north. */
  #bearing = 270;

  constructor(map: AreaMap, events: RingEvents) {
    this.#map = map;
    this.#events = events;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "ring-drawing");
    svg.setAttribute("aria-hidden", "true");
    const path = (name: string) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
      made.setAttribute("class", name);
      svg.append(made);
      return made;
    };
    path("ring-casing");
    this.#circle = path("ring-line");
    this.#spoke = path("ring-spoke");
    this.#pin.append(icon(icons.pin));
    this.element = el("div", "ring", { hidden: true }, svg, this.#handle, this.#pin, this.#label);
    map.watchMoves(() => this.#draw());
    this.#draggable(this.#pin, (to) => this.#drag(to, this.#radius));
    this.#draggable(this.#handle, (to) => {
      if (!this.#point) return;
      this.#bearing = this.#bearingTo(to);
      this.#drag(this.#point, allowed_m(distance_m(this.#point, to)));
    });
    this.#pin.addEventListener("keydown", (e) => this.#movePin(e));
    this.#handle.addEventListener("keydown", (e) => this.#changeRadius(e));
  }

  show(point: Point | null, radius: number | null): void {
    this.#point = point;
    this.#radius = point ? radius : null;
    this.#draw();
  }

  focusPin(): void {
    this.#pin.focus();
  }

  #drag(point: Point, radius: number | null): void {
    this.show(point, radius);
    this.#events.dragged(point, radius);
  }

  /** The bearing on the screen, which north is at the top of. */
  #bearingTo(to: Point): number {
    if (!this.#point) return this.#bearing;
    const from = this.#map.project(this.#point);
    const there = this.#map.project(to);
    return (Math.atan2(there.x - from.x, from.y - there.y) * 180) / Math.PI;
  }

  #draggable(button: HTMLButtonElement, drag: (to: Point) => void): void {
    let grip: { x: number; y: number } | null = null;
    button.addEventListener("pointerdown", (e) => {
      if (e.button !== 0) return;
      button.setPointerCapture(e.pointerId);
      // What was gripped stays under the pointer.
      const anchor = this.#anchor(button);
      grip = { x: anchor.x - e.clientX, y: anchor.y - e.clientY };
      e.stopPropagation();
    });
    button.addEventListener("pointermove", (e) => {
      if (grip) drag(this.#map.unproject({ x: e.clientX + grip.x, y: e.clientY + grip.y }));
    });
    const release = () => {
      if (grip && this.#point) this.#events.moved(this.#point, this.#radius);
      grip = null;
    };
    button.addEventListener("pointerup", release);
    button.addEventListener("pointercancel", release);
  }

  /** The place of the map, in its pixels, that a button stands for. */
  #anchor(button: HTMLElement): { x: number; y: number } {
    const point = button === this.#pin ? this.#point : this.#rimPoint();
    return this.#map.project(point ?? { lon: 0, lat: 0 });
  }

  #rimPoint(): Point | null {
    return this.#point && this.#radius !== null ? destination(this.#point, this.#bearing, this.#radius) : null;
  }

  #movePin(e: KeyboardEvent): void {
    const far = e.shiftKey ? largeStep_px : step_px;
    const by: Record<string, [number, number]> = {
      ArrowLeft: [-far, 0],
      ArrowRight: [far, 0],
      ArrowUp: [0, -far],
      ArrowDown: [0, far],
    };
    const step = by[e.key];
    if (!step || !this.#point) return;
    e.preventDefault();
    const from = this.#map.project(this.#point);
    const to = this.#map.unproject({ x: from.x + step[0], y: from.y + step[1] });
    this.show(to, this.#radius);
    this.#events.moved(to, this.#radius);
  }

  #changeRadius(e: KeyboardEvent): void {
    const times = e.shiftKey ? growMuch : grow;
    const by: Record<string, number> = {
      ArrowRight: times,
      ArrowUp: times,
      ArrowLeft: 1 / times,
      ArrowDown: 1 / times,
      PageUp: growMuch,
      PageDown: 1 / growMuch,
    };
    const factor = by[e.key];
    if (factor === undefined || !this.#point || this.#radius === null) return;
    e.preventDefault();
    // A small radius is a whole number of tens of metres: a step must not round to none.
    const least = factor > 1 ? this.#radius + 10 : this.#radius - 10;
    const wanted = factor > 1 ? Math.max(least, this.#radius * factor) : Math.min(least, this.#radius * factor);
    const radius = allowed_m(wanted) === this.#radius ? this.#radius : allowed_m(wanted);
    this.show(this.#point, radius);
    this.#events.moved(this.#point, radius);
  }

  #draw(): void {
    this.element.hidden = this.#point === null;
    if (!this.#point) return;
    const place = (element: HTMLElement, { x, y }: { x: number; y: number }) => {
      element.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    };
    const middle = this.#map.project(this.#point);
    place(this.#pin, middle);
    const end = this.#rimPoint();
    const drawn = end !== null && this.#radius !== null;
    this.#handle.hidden = !drawn;
    this.#label.hidden = !drawn;
    const parts: string[] = [];
    if (drawn) {
      for (const point of rim(this.#point, this.#radius ?? 0, corners)) {
        const { x, y } = this.#map.project(point);
        parts.push(`${parts.length ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`);
      }
      const at = this.#map.project(end);
      place(this.#handle, at);
      place(this.#label, { x: (middle.x + at.x) / 2, y: (middle.y + at.y) / 2 });
      this.#label.textContent = radiusText(this.#radius ?? 0);
      this.#handle.setAttribute("aria-valuenow", String(Math.round(this.#radius ?? 0)));
      this.#handle.setAttribute("aria-valuetext", radiusText(this.#radius ?? 0));
      this.#spoke.setAttribute("d", `M${middle.x} ${middle.y}L${at.x} ${at.y}`);
    }
    const line = parts.length ? `${parts.join("")}Z` : "";
    for (const path of [this.#circle, this.#circle.previousElementSibling]) path?.setAttribute("d", line);
    if (!drawn) this.#spoke.setAttribute("d", "");
  }
}
