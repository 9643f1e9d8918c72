// The page as its parts see it: what is shown, the store that changes it, and the places where a part may stand.
//
// A part is made once with the page and then told at every change what is shown. It changes what is shown only by the
// store, so no part needs to know another.

import type { Indicator, Layer, Painted, Values } from "./answers.ts";
import { layOut } from "./layout.ts";
import type { Layout } from "./layout.ts";
import type { AreaMap, Named } from "./map.ts";
import { namesOf } from "./names.ts";
import { Announcer, Notice, Progress } from "./notice.ts";
import type { Question } from "./question.ts";
import { Store, toHash } from "./state.ts";
import type { State } from "./state.ts";
import { texts } from "./texts.ts";

/** All that is shown, with what the state asks for turned into what the server holds. */
export interface Shown {
  state: State;
  layers: Layer[];
  indicators: Indicator[];
  layer: Layer | null;
  indicator: Indicator | null;
  /** The period asked for; null is the latest. */
  period: string | null;
  overlay: Layer | null;
  /** A second indicator that is shown with the first. */
  second: Indicator | null;
  /** What the server is asked for the values; null while there is nothing to colour. */
  question: Question | null;
  /** Null until they have come. */
  values: Values | null;
  /** What a tool has laid over them on the map. */
  painted: Painted | null;
}

/** What the map, the legend and the pointer tell of: what a tool has painted, or else the indicator. */
export function drawn(shown: Shown): { indicator: Indicator | null; values: Values | null } {
  return shown.painted ?? shown;
}

/** A place on the map: degrees, and pixels from the upper left corner of the map. */
export interface Place {
  lon: number;
  lat: number;
  x: number;
  y: number;
}

/** A part of the page. What it does not care for it leaves out. */
export interface Part {
  /** Shows what is shown; called at every change, so it must be quick where nothing of its own has changed. */
  show?(shown: Shown): void;
  /** The pointer, or the cross of the keyboard, came over an area, or over none. */
  point?(area: Named | null, at: Place): void;
  /** The map was clicked; true when the part has taken the click and nobody else should. */
  click?(area: Named | null, at: Place): boolean;
  /** Escape was pressed; true when the part has let go of something. */
  escape?(): boolean;
}

export type MakePart = (page: Page) => Part;

export class Page {
  readonly store = new Store();
  readonly progress = new Progress();
  readonly notice = new Notice();
  readonly announcer = new Announcer();
  readonly layout: Layout;
  /** Null until the map stands, and for good where the browser cannot draw it. */
  map: AreaMap | null = null;
  /** What is shown now; null until the catalogues have come. */
  shown: Shown | null = null;
  /** Whether the page stands in the page of another: the map and its legend alone. */
  readonly embedded = new URLSearchParams(location.search).has("embed");
  /** Indicators of the reader's own tables, known for this visit only. */
  loaded: Indicator[] = [];
  /** Names of the areas of the layer that is shown, once a part has had them loaded. */
  #names: ReadonlyMap<string, string> = new Map();
  /** Colours the map by something else than the indicator, until null is painted; the conductor sets it. */
  paint: (painted: Painted | null) => void = () => undefined;
  /** Asks the server for its catalogues anew; the conductor sets it. */
  refresh: () => Promise<void> = () => Promise.resolve();
  /** Names of areas that were found before the map met them. */
  readonly #told = new Map<string, string>();
  #parts: Part[] = [];

  constructor() {
    this.layout = layOut(this);
    document.addEventListener("keydown", (e) => {
      if (e.key === "Escape" && !e.defaultPrevented) this.#parts.some((part) => part.escape?.() ?? false);
    });
  }

  /** Makes the parts; for clicks and Escape the first that wants them has them. */
  add(parts: MakePart[]): void {
    this.#parts.push(...parts.map((make) => make(this)));
  }

  /** Takes in indicators of a table of the reader's own; those of an earlier table by the same ids are replaced. */
  load(indicators: Indicator[]): void {
    const ids = new Set(indicators.map((i) => i.id));
    this.loaded = [...this.loaded.filter((i) => !ids.has(i.id)), ...indicators];
  }

  /** Lets go of indicators of a table of the reader's own. */
  unload(indicators: Indicator[]): void {
    const ids = new Set(indicators.map((i) => i.id));
    this.loaded = this.loaded.filter((i) => !ids.has(i.id));
  }

  show(shown: Shown): void {
    this.shown = shown;
    for (const part of this.#parts) part.show?.(shown);
  }

  point(area: Named | null, at: Place): void {
    for (const part of this.#parts) part.point?.(area, at);
  }

  click(area: Named | null, at: Place): void {
    this.#parts.some((part) => part.click?.(area, at) ?? false);
  }

  /** The address of this view, which the browser's own follows a little later. */
  address(): string {
    const here = new URL(location.href);
    here.hash = toHash(this.store.now);
    return here.href;
  }

  /** Takes in the name of an area that is about to be shown. */
  name(code: string, name: string): void {
    this.#told.set(code, name);
  }

  /** The name of an area of the layer that is shown, as far as it is known. */
  nameOf(code: string): string {
    return this.shown?.values?.areas.get(code)?.name ?? this.#told.get(code) ?? this.#names.get(code) ?? this.map?.nameOf(code) ?? code;
  }

  /** Has the names of all areas of a layer loaded; says in a notice when they do not come. */
  async loadNames(layer: string): Promise<void> {
    this.progress.set("names", true);
    try {
      this.#names = await namesOf(layer);
    } catch (error) {
      const again = () => void this.loadNames(layer).then(() => this.shown && this.show(this.shown));
      this.notice.show("names", texts.valuesFailed, error instanceof Error ? error.message : String(error), again);
    } finally {
      this.progress.set("names", false);
    }
  }
}
