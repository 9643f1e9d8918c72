// What the page shows, as one value that the address holds: a link restores the view. The part after `#` never
// reaches the server.

/** Where the map looks: degrees and MapLibre's zoom. */
export interface View {
  lon: number;
  lat: number;
  zoom: number;
}

export interface State {
  /** Layer that is coloured, as `lad@2025`. */
  layer: string | null;
  /** Indicator that colours it. */
  indicator: string | null;
  /** Period of the indicator; null is the latest. */
  period: string | null;
  /** Layer whose outlines lie over it; `none` when the reader chose none, null when nothing was chosen. */
  overlay: string | null;
  /** Code of the selected area. */
  selected: string | null;
  view: View | null;
  /** Sex and age of the people measured; null is what the server takes for all. */
  sex: string | null;
  age: string | null;
  /** How classes are made, how many, and their colours; null leaves it to the server. */
  method: string | null;
  classes: string | null;
  palette: string | null;
  /** `period` for classes of the period's own values; null for classes over all periods. */
  classesOf: string | null;
  /** A second indicator: the map shows both. */
  second: string | null;
  /** The tool that is open below the map. */
  tool: string | null;
  /** Codes of the areas side by side, with commas between them. */
  compared: string | null;
  /** The composite index that is looked at. */
  index: string | null;
  /** Weights of the capitals in place of those of the index, as `human:2,social:1`. */
  weights: string | null;
  /** Indicators left out of the index, with commas between them. */
  without: string | null;
  /** The index that the one looked at is compared with; null for itself as it is defined. */
  against: string | null;
  /** What of the index is looked at: its ranking, the movers, where the indicator clusters, progress. */
  look: string | null;
  /** What of the index colours the map. */
  paint: string | null;
  /** The indicator whose progress is looked at. */
  progress: string | null;
  /** A marked point, in degrees. */
  point: { lon: number; lat: number } | null;
  /** Metres around the marked point that are asked about; null when nothing is. */
  radius: number | null;
}

export const noOverlay = "none";

/** The fields that are plain names, with their keys in the address. */
const names = {
  sex: "sex",
  age: "age",
  method: "method",
  classes: "classes",
  palette: "palette",
  classesOf: "classes_of",
  second: "with",
  tool: "tool",
  compared: "compare",
  index: "index",
  weights: "weights",
  without: "without",
  against: "against",
  look: "look",
  paint: "paint",
  progress: "progress",
} as const;
type Name = keyof typeof names;

const empty: State = {
  layer: null,
  indicator: null,
  period: null,
  overlay: null,
  selected: null,
  view: null,
  sex: null,
  age: null,
  method: null,
  classes: null,
  palette: null,
  classesOf: null,
  second: null,
  tool: null,
  compared: null,
  index: null,
  weights: null,
  without: null,
  against: null,
  look: null,
  paint: null,
  progress: null,
  point: null,
  radius: null,
};

/** The least and the greatest radius, in metres: the server answers up to the latter. */
export const leastRadius_m = 100;
export const greatestRadius_m = 500_000;

/** Writes a state as the part of an address after `#`. */
export function toHash(state: State): string {
  const parts: string[] = [];
  const put = (key: string, value: string | null) => {
    // `@`, `/`, `,` and `:` are allowed in a fragment and read better unescaped.
    if (value) parts.push(`${key}=${encodeURIComponent(value).replace(/%(?:40|2F|2C|3A)/g, decodeURIComponent)}`);
  };
  put("layer", state.layer);
  put("indicator", state.indicator);
  put("period", state.period);
  put("overlay", state.overlay);
  put("area", state.selected);
  for (const [field, key] of Object.entries(names)) put(key, state[field as Name]);
  if (state.view) {
    const { zoom, lat, lon } = state.view;
    parts.push(`at=${zoom.toFixed(2)}/${lat.toFixed(4)}/${lon.toFixed(4)}`);
  }
  if (state.point) parts.push(`point=${state.point.lat.toFixed(5)}/${state.point.lon.toFixed(5)}`);
  if (state.point && state.radius !== null) parts.push(`radius=${Math.round(state.radius)}`);
  return parts.length ? `#${parts.join("&")}` : "";
}

/** Reads a state from the part of an address after `#`; what cannot be read is left out. */
export function fromHash(hash: string): State {
  const fields = new URLSearchParams(hash.replace(/^#/, "").replace(/\+/g, "%2B"));
  const name = (key: string) => {
    const value = fields.get(key);
    return value && /^[\w@./+,: -]{1,400}$/.test(value) ? value : null;
  };
  return {
    layer: name("layer"),
    indicator: name("indicator"),
    period: name("period"),
    overlay: name("overlay"),
    selected: name("area"),
    view: readView(fields.get("at")),
    ...(Object.fromEntries(Object.entries(names).map(([field, key]) => [field, name(key)])) as Record<
      Name,
      string | null
    >),
    ...readRing(fields.get("point"), fields.get("radius")),
  };
}

/** A marked point, and a radius about it; there is none without a point. */
function readRing(place: string | null, radius: string | null): Pick<State, "point" | "radius"> {
  const [lat, lon, ...rest] = (place ?? "").split("/").map((part) => (part === "" ? Number.NaN : Number(part)));
  if (lat === undefined || lon === undefined || rest.length) return { point: null, radius: null };
  if (!(Math.abs(lat) <= 85 && Math.abs(lon) <= 180)) return { point: null, radius: null };
  const metres = Number(radius ?? Number.NaN);
  const fits = metres >= leastRadius_m && metres <= greatestRadius_m;
  return { point: { lon, lat }, radius: fits ? metres : null };
}

function readView(text: string | null): View | null {
  const [zoom, lat, lon, ...rest] = (text ?? "").split("/").map(Number);
  if (zoom === undefined || lat === undefined || lon === undefined || rest.length) return null;
  const fits = (value: number, limit: number) => Number.isFinite(value) && Math.abs(value) <= limit;
  return fits(lat, 85) && fits(lon, 180) && zoom >= 0 && zoom <= 22 ? { lon, lat, zoom } : null;
}

type Listener = (now: State, before: State) => void;

/** Holds the state, keeps the address in step with it and tells the listeners of each change. */
export class Store {
  now: State = { ...empty };
  #listeners: Listener[] = [];
  #writeLater: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.now = fromHash(location.hash);
    addEventListener("popstate", () => this.#become(fromHash(location.hash)));
  }

  watch(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Changes some of the state. A `step` can be undone by the browser's Back. */
  change(changes: Partial<State>, step: "step" | "quiet" = "step"): void {
    const next = { ...this.now, ...changes };
    const hash = toHash(next);
    if (hash === toHash(this.now)) return;
    clearTimeout(this.#writeLater);
    if (step === "step") history.pushState(null, "", hash || "#");
    // Browsers refuse too many writes in a short time, and a moving map would make them.
    else this.#writeLater = setTimeout(() => history.replaceState(null, "", toHash(this.now) || "#"), 250);
    this.#become(next);
  }

  #become(next: State): void {
    const before = this.now;
    this.now = next;
    for (const listener of this.#listeners) listener(next, before);
  }
}
