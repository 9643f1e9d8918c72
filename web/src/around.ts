// Around a point: a pin, a radius, and what the circle touches.

import type { Layer } from "./answers.ts";
import { Failure } from "./api.ts";
import { aroundCsv, aroundTable } from "./around-table.ts";
import type { OfLayer } from "./around-table.ts";
import { distance_m } from "./circle.ts";
import { el, fill, icon, icons } from "./element.ts";
import { count } from "./number.ts";
import type { Page, Part, Shown } from "./page.ts";
import { fetchAround } from "./places.ts";
import type { Listed, Point } from "./places.ts";
import { allowed_m, radiusText, Ring } from "./ring.ts";
import { greatestRadius_m, leastRadius_m } from "./state.ts";
import { texts } from "./texts.ts";
import { goTo } from "./travel.ts";

const words = texts.around;

/** Layers that are asked about; of small areas a circle touches too many to read. */
const kinds = ["lad", "utla", "cauth", "rgn", "nhs", "sicbl", "nhser", "isdn", "ambulance"];

/** A pause in dragging, after which the server is asked. */
const pause_ms = 200;

/** The slider is even in the logarithm of the radius. */
const sliderSteps = 200;

function toSlider(radius_m: number): number {
  return Math.round((sliderSteps * Math.log(radius_m / leastRadius_m)) / Math.log(greatestRadius_m / leastRadius_m));
}

function fromSlider(at: number): number {
  return allowed_m(leastRadius_m * (greatestRadius_m / leastRadius_m) ** (at / sliderSteps));
}

export function aroundPart(page: Page): Part {
  return new AroundPart(page);
}

class AroundPart implements Part {
  readonly #page: Page;
  readonly #panel: AroundPanel;
  #ring: Ring | null = null;

  constructor(page: Page) {
    this.#page = page;
    this.#panel = new AroundPanel(page.layout.panel, {
      close: () => page.store.change({ point: null, radius: null }),
      radius: (radius) => page.store.change({ radius }, "quiet"),
      choose: (area) => void goTo(page, area),
      told: (text) => page.announcer.say(text),
    });
    const start = el("button", "round around-start", { type: "button", "aria-label": words.start, title: words.start });
    start.append(icon(icons.pin));
    start.addEventListener("click", () => this.#start());
    page.layout.mapButtons.append(start);
  }

  show(shown: Shown): void {
    const { point, radius, selected } = shown.state;
    const ring = this.#ringOn(point);
    ring?.show(point, radius);
    // A selected area lies over the circle's panel; once it is let go the circle's is there again.
    const open = point !== null && radius !== null && selected === null;
    if (open) this.#panel.show(point, radius, shown.layers, shown.layer);
    else this.#panel.hide();
    if (selected === null) this.#page.layout.panelShown(open);
  }

  escape(): boolean {
    const { point, selected } = this.#page.store.now;
    if (point === null || selected !== null) return false;
    this.#page.store.change({ point: null, radius: null });
    return true;
  }

  #ringOn(point: Point | null): Ring | null {
    const { map, layout, store } = this.#page;
    if (!this.#ring && point && map) {
      this.#ring = new Ring(map, {
        dragged: (at, radius) => this.#panel.preview(at, radius),
        moved: (at, radius) => store.change({ point: at, radius }, "quiet"),
      });
      layout.stage.append(this.#ring.element);
    }
    return this.#ring;
  }

  /** Drops the pin where one is already, else in the middle of what is seen of the map; the circle fills a good part of it. */
  #start(): void {
    const { map, store } = this.#page;
    if (!map) return;
    const point = store.now.point ?? map.unproject(map.free);
    const middle = map.project(point);
    const reach = map.unproject({ x: middle.x, y: middle.y - Math.min(map.free.x, map.free.y) / 2 });
    const radius = store.now.radius ?? allowed_m(distance_m(point, reach));
    store.change({ point, radius, selected: null });
    this.#ring?.focusPin();
  }
}

interface PanelEvents {
  close(): void;
  radius(radius_m: number): void;
  choose(area: Listed): void;
  /** The circle was answered: what a screen reader is to say. */
  told(text: string): void;
}

class AroundPanel {
  readonly element: HTMLElement;
  /** Where the panel stands while it is open. */
  readonly #stand: HTMLElement;
  readonly #events: PanelEvents;
  readonly #place = el("p", "panel-kind");
  readonly #slider = el("input", "around-slider", { type: "range", min: 0, max: sliderSteps, "aria-label": words.slider });
  readonly #number = el("input", "around-number", {
    type: "number",
    id: "around-radius",
    min: leastRadius_m / 1000,
    max: greatestRadius_m / 1000,
    step: "any",
    inputmode: "decimal",
  });
  readonly #result = el("div", "around-result");
  #asked = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();

  constructor(place: HTMLElement, events: PanelEvents) {
    this.#stand = place;
    this.#events = events;
    const close = el("button", "round", { type: "button", "aria-label": words.remove, title: words.remove });
    close.append(icon(icons.close));
    close.addEventListener("click", () => events.close());
    this.#slider.addEventListener("input", () => events.radius(fromSlider(Number(this.#slider.value))));
    this.#number.addEventListener("change", () => {
      const km = this.#number.valueAsNumber;
      if (km * 1000 >= leastRadius_m && km * 1000 <= greatestRadius_m) events.radius(km * 1000);
      else this.#number.reportValidity();
    });
    this.element = el(
      "aside",
      "panel around",
      { "aria-label": words.title },
      close,
      el("h2", "", {}, words.title),
      this.#place,
      el(
        "div",
        "around-radius",
        {},
        el("label", "", { for: "around-radius" }, words.radius),
        this.#number,
        this.#slider,
      ),
      el("p", "panel-note", {}, words.about),
      this.#result,
    );
  }

  hide(): void {
    this.element.remove();
    this.#asking.abort();
    clearTimeout(this.#timer);
    this.#asked = "";
  }

  /** What can be said while the circle is dragged. */
  preview(point: Point, radius: number | null): void {
    this.#place.textContent = words.at(point.lat.toFixed(4), point.lon.toFixed(4));
    if (radius === null) return;
    if (document.activeElement !== this.#number) this.#number.value = String(Number((radius / 1000).toFixed(2)));
    this.#slider.value = String(toSlider(radius));
    this.#slider.setAttribute("aria-valuetext", radiusText(radius));
  }

  show(point: Point, radius: number, layers: Layer[], layer: Layer | null): void {
    // Moving it while it stands would take its focus.
    if (!this.element.isConnected) this.#stand.append(this.element);
    this.preview(point, radius);
    const asked = kinds
      .map((kind) => layers.find((l) => l.current && l.kind === kind))
      .filter((found): found is Layer => found !== undefined);
    // The layer that is shown comes first, unless it is one of thousands of small areas.
    const chosen = layer && asked.some((l) => l.id === layer.id) ? [layer, ...asked.filter((l) => l.id !== layer.id)] : asked;
    const key = JSON.stringify([point, radius, chosen.map((l) => l.id)]);
    if (key === this.#asked) return;
    this.#asked = key;
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.#result.classList.add("waiting");
    this.#timer = setTimeout(() => void this.#load(point, radius, chosen, signal), pause_ms);
  }

  async #load(point: Point, radius: number, layers: Layer[], signal: AbortSignal): Promise<void> {
    try {
      const answers = await Promise.all(
        layers.map(async (layer): Promise<OfLayer> => ({
          layer,
          around: await fetchAround(point, radius, layer.id, signal),
        })),
      );
      if (signal.aborted) return;
      this.#tell(answers);
      const areas = answers.reduce((sum, { around }) => sum + around.touched.length, 0);
      this.#events.told(words.announce(areas, radiusText(radius)));
    } catch (error) {
      if (signal.aborted) return;
      fill(this.#result, el("p", "panel-note", { role: "alert" }, error instanceof Failure ? error.message : texts.offline));
    }
    this.#result.classList.remove("waiting");
  }

  #tell(answers: OfLayer[]): void {
    const touched = answers.filter(({ around }) => around.touched.length > 0);
    if (touched.length === 0) return fill(this.#result, el("p", "panel-note", {}, words.none));
    // The layer that reaches farthest: others end at a border of countries.
    const widest = touched.reduce((a, b) => ((b.around.residents ?? 0) > (a.around.residents ?? 0) ? b : a));
    const people = widest.around.residents;
    const known = people !== null && people > 0;
    const download = el("button", "plain", { type: "button" }, words.download);
    download.addEventListener("click", () => save(words.file, aroundCsv(touched)));
    fill(
      this.#result,
      el(
        "dl",
        "around-people",
        {},
        el("dt", "", {}, words.residents),
        el("dd", "", {}, known ? `≈ ${count(people)}` : words.noResidents),
      ),
      known ? el("p", "panel-note", {}, words.estimated) : null,
      known && widest.around.unknownBlocks > 0 ? el("p", "panel-note", {}, words.incomplete) : null,
      aroundTable(touched, (area) => this.#events.choose(area)),
      el("p", "panel-note", {}, words.shareNote),
      download,
    );
  }
}

/** Gives a text to the reader as a file. */
function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  el("a", "", { href: url, download: name }).click();
  // Not before the browser has taken it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
