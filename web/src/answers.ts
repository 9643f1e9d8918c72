// What the server answers, read once into types that cannot be wrong. A member that the page can do without is
// optional; one that it cannot do without makes the whole answer unreadable, and the error names the place.

/** West, south, east, north in degrees. */
export type Box = [number, number, number, number];

/** A layer of areas at a vintage, as `/v1/layers` lists it. */
export interface Layer {
  id: string;
  kind: string;
  vintage: string;
  title: string;
  areaCount: number;
  bbox: Box | null;
  current: boolean;
  provisional: boolean;
  attribution: string[];
}

/** An indicator, as `/v1/indicators` lists it. */
export interface Indicator {
  id: string;
  title: string;
  unit: string;
  polarity: string;
  decimals: number;
  capital: string | null;
  horizon: string | null;
  source: string;
  licence: string;
  description: string;
  periods: string[];
  /** Sexes and ages that are told apart; empty where they are not. */
  sexes: string[];
  ages: string[];
  /** Kinds or ids of the layers that have values; empty when the server does not say. */
  layers: string[];
}

/** One area's value on the map. */
export interface AreaValue {
  code: string;
  /** Null where the answer holds no names: the tiles have them. */
  name: string | null;
  value: number | null;
  lower: number | null;
  upper: number | null;
  count: number | null;
  denominator: number | null;
  /** Why there is no value, or what to know about it. */
  flag: string | null;
  method: string | null;
  /** Which class of the legend, counted from 0; null without a value. */
  class: number | null;
  /** What is said in place of the value, where the number alone would mislead: a rank, a move. */
  said?: string;
}

export interface LegendClass {
  lower: number | null;
  upper: number | null;
  fill: string;
  count: number;
  label: string | null;
}

/** How an area without a value is hatched over its fill, so that no two reasons rest on colour alone. */
export const patterns = ["diagonal", "crosshatch", "dots", "lines"] as const;
export type Pattern = (typeof patterns)[number];

export interface NoDataClass {
  flag: string;
  /** Null for plain ground, which the page draws as its light or dark map asks. */
  fill: string | null;
  count: number;
  label: string | null;
  /** Null for none. */
  pattern: Pattern | null;
}

/** All values of one layer, indicator and period, with the legend that colours them. */
export interface Values {
  period: string | null;
  areas: Map<string, AreaValue>;
  classes: LegendClass[];
  noData: NoDataClass[];
  /** Titles of the two measures when both are shown: the classes are then a square, three of each. */
  square: { across: string; up: string } | null;
  attribution: string[];
}

/** What a tool colours the map by, in place of the indicator: as good as one, with values of its own. */
export interface Painted {
  /** The id of the layer whose areas the values are of. */
  layer: string;
  indicator: Indicator;
  values: Values;
}

/** What an area is, whatever is measured in it. */
export interface Area {
  code: string;
  name: string;
  population: number | null;
  areaKm2: number | null;
  /** West, south, east, north in degrees. */
  bbox: Box | null;
  /** The areas that it lies wholly in, one a layer. */
  parents: Parent[];
}

/** An area that another lies wholly in. */
export interface Parent {
  code: string;
  name: string;
  /** The id of its layer. */
  layer: string;
}

/** An answer that is not what the page expects. */
export class Unreadable extends Error {}

export type Json = Record<string, unknown>;

export function object(value: unknown, where: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Unreadable(where);
  return value as Json;
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

export function needed(value: unknown, where: string): string {
  const found = text(value);
  if (found === null) throw new Unreadable(where);
  return found;
}

export function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** One text or a list of texts. */
function texts(value: unknown): string[] {
  const found = text(value);
  return found !== null ? [found] : list(value).filter((item): item is string => typeof item === "string");
}

/** A colour as the server writes it, `#rrggbb`: anything else never reaches the style. */
function colour(value: unknown): string | null {
  return typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value) ? value : null;
}

export function results(answer: unknown, where: string): Json[] {
  const found = object(answer, where)["results"];
  if (!Array.isArray(found)) throw new Unreadable(`${where}.results`);
  return found.map((item, i) => object(item, `${where}.results[${i}]`));
}

export function readLayers(answer: unknown): Layer[] {
  return results(answer, "layers").map((item) => {
    const id = needed(item["id"], "layer.id");
    return {
      id,
      kind: text(item["kind"]) ?? (id.split("@")[0] as string),
      vintage: text(item["vintage"]) ?? "",
      title: text(item["title"]) ?? id,
      areaCount: number(item["area_count"]) ?? 0,
      bbox: readBox(item["bbox"]),
      current: typeof item["current"] === "boolean" ? item["current"] : text(item["valid_to"]) === null,
      provisional: item["provisional"] === true,
      attribution: texts(item["attribution"]),
    };
  });
}

export function readBox(value: unknown): Box | null {
  const [west, south, east, north] = list(value).map(number);
  return west != null && south != null && east != null && north != null ? [west, south, east, north] : null;
}

export function readIndicators(answer: unknown): Indicator[] {
  return results(answer, "indicators").map(readIndicator);
}

export function readIndicator(item: Json): Indicator {
  const id = needed(item["id"], "indicator.id");
  return {
    id,
    title: text(item["title"]) ?? id,
    unit: text(item["unit"]) ?? "",
    polarity: text(item["polarity"]) ?? "neutral",
    decimals: Math.min(6, Math.max(0, number(item["decimals"]) ?? 1)),
    capital: text(item["capital"]),
    horizon: text(item["horizon"]),
    source: text(item["source"]) ?? "",
    licence: text(item["licence"]) ?? "",
    description: text(item["description"]) ?? "",
    periods: named(item["periods"], ["id", "period"]),
    sexes: named(item["sexes"], ["id"]),
    ages: named(item["ages"], ["id"]),
    layers: named(item["layers"], ["id", "kind"]),
  };
}

/** A list of texts, or of objects that carry the text under one of the keys. */
function named(value: unknown, keys: string[]): string[] {
  return list(value).flatMap((item) => {
    if (typeof item === "string") return [item];
    if (typeof item !== "object" || item === null) return [];
    const found = keys.map((key) => text((item as Json)[key])).find((t) => t !== null);
    return found ? [found] : [];
  });
}

function readAreaValue(item: Json): AreaValue {
  return {
    code: needed(item["code"], "area.code"),
    name: text(item["name"]),
    value: number(item["value"]),
    lower: number(item["lower"]),
    upper: number(item["upper"]),
    count: number(item["count"]),
    denominator: number(item["denominator"]),
    flag: text(item["flag"]),
    method: text(item["method"]),
    class: number(item["class"]),
  };
}

/** Values as columns (`codes`, `values` …) turned into one object an area. */
function fromColumns(answer: Json): Json[] {
  const columns: [string, unknown[]][] = [
    ["name", list(answer["names"])],
    ["value", list(answer["values"])],
    ["lower", list(answer["lower"])],
    ["upper", list(answer["upper"])],
    ["count", list(answer["counts"])],
    ["denominator", list(answer["denominators"])],
    ["flag", list(answer["flags"])],
    ["method", list(answer["methods"])],
    ["class", list(answer["classes"])],
  ];
  return list(answer["codes"]).map((code, i) => ({
    code,
    ...Object.fromEntries(columns.map(([name, column]) => [name, column[i]])),
  }));
}

/**
 * Reads the values of a choropleth: `values.json` as columns or as `results`, or the `features` of the GeoJSON.
 */
export function readValues(answer: unknown): Values {
  const whole = object(answer, "values");
  let items: Json[];
  if (Array.isArray(whole["codes"])) items = fromColumns(whole);
  else if (Array.isArray(whole["results"])) items = results(whole, "values");
  else if (Array.isArray(whole["features"]))
    items = whole["features"].map((f) => object(object(f, "feature")["properties"], "feature.properties"));
  else throw new Unreadable("values");
  const areas = items.map(readAreaValue);
  const { classes, noData, square } = readLegend(whole["legend"]);
  for (const area of areas) {
    if (area.value === null || area.class === null || !classes[area.class]) area.class = null;
  }
  return {
    period: text(whole["period"]) ?? text((whole["period"] as Json | null | undefined)?.["id"]),
    areas: new Map(areas.map((area) => [area.code, area])),
    classes,
    noData,
    square,
    attribution: texts(whole["attribution"]),
  };
}

/** The classes, then the no-data classes: an entry that carries a flag is one of the latter wherever it stands. */
function readLegend(value: unknown): Pick<Values, "classes" | "noData" | "square"> {
  const legend = object(value, "legend");
  const entries = [...list(legend["classes"]), ...list(legend["no_data"])].map((e) => object(e, "legend.classes"));
  const classes: LegendClass[] = [];
  const noData: NoDataClass[] = [];
  for (const entry of entries) {
    const flag = text(entry["flag"]);
    const fill = colour(entry["fill"]) ?? "#bdbdbd";
    const shared = { fill, count: number(entry["count"]) ?? 0, label: text(entry["label"]) };
    if (flag === null) classes.push({ lower: number(entry["lower"]), upper: number(entry["upper"]), ...shared });
    else {
      const pattern = patterns.find((p) => p === entry["pattern"]) ?? null;
      noData.push({ flag, ...shared, fill: entry["pattern"] === "plain" ? null : fill, pattern });
    }
  }
  const axis = (side: string) => text((legend["square"] as Record<string, Json> | undefined)?.[side]?.["title"]);
  const [across, up] = [axis("across"), axis("up")];
  const square = across !== null && up !== null && classes.length === 9 ? { across, up } : null;
  return { classes, noData, square };
}

export function readArea(answer: unknown): Area {
  const item = object(answer, "area");
  const code = needed(item["code"], "area.code");
  return {
    code,
    name: text(item["name"]) ?? code,
    population: number(item["population"]),
    areaKm2: number(item["area_km2"]),
    bbox: readBox(item["bbox"]),
    parents: readParents(item["parents"]),
  };
}

/** An object with an area for each kind of layer. */
function readParents(value: unknown): Parent[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value as Json).flatMap(([kind, parent]) => {
    const item = object(parent, `area.parents.${kind}`);
    const code = needed(item["code"], `area.parents.${kind}.code`);
    const vintage = text(item["vintage"]);
    return [{ code, name: text(item["name"]) ?? code, layer: vintage === null ? kind : `${kind}@${vintage}` }];
  });
}
