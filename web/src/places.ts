// What the server says of places: found by a text, sharing ground, bordering, around a point. Read once into types.

import { list, needed, number, object, readBox, results, text } from "./answers.ts";
import type { Box, Json } from "./answers.ts";
import { answer, part } from "./api.ts";

/** A point in degrees. */
export interface Point {
  lon: number;
  lat: number;
}

/** An area as it stands in lists. */
export interface Listed {
  code: string;
  name: string;
  /** The id of its layer, as `lad@2025`. */
  layer: string;
}

/** One thing that was found for a text. */
export type Hit =
  | ({ type: "area"; bbox: Box | null; live: boolean } & Listed)
  | { type: "postcode"; name: string; at: Point | null; live: boolean }
  /** The first half of a postcode, or a sector. */
  | { type: "part"; name: string; postcodes: number };

function listed(item: Json, where: string): Listed {
  const code = needed(item["code"], `${where}.code`);
  const kind = needed(item["layer"], `${where}.layer`);
  const vintage = text(item["vintage"]);
  return { code, name: text(item["name"]) ?? code, layer: vintage === null ? kind : `${kind}@${vintage}` };
}

function readHit(item: Json): Hit {
  const name = text(item["name"]) ?? "";
  if (item["type"] === "postcode") {
    const [lon, lat] = [number(item["lon"]), number(item["lat"])];
    return { type: "postcode", name, at: lon !== null && lat !== null ? { lon, lat } : null, live: item["live"] !== false };
  }
  if (item["type"] === "area")
    return {
      type: "area",
      ...listed(item, "search"),
      bbox: readBox(item["bbox"]),
      live: item["status"] !== "superseded",
    };
  return { type: "part", name, postcodes: number(item["live_postcodes"]) ?? 0 };
}

export function fetchHits(q: string, signal: AbortSignal): Promise<Hit[]> {
  const read = (body: unknown) => results(body, "search").map(readHit);
  return answer(`v1/search?q=${encodeURIComponent(q)}&limit=8`, read, signal);
}

/** What lies at a place. */
export interface Located {
  at: Point;
  /** By the kind of its layer. */
  areas: Map<string, Listed>;
}

function readLocated(body: unknown): Located {
  const whole = object(body, "locate");
  const query = object(whole["query"], "locate.query");
  const [lon, lat] = [number(query["lon"]), number(query["lat"])];
  const areas = Object.entries(object(whole["areas"] ?? {}, "locate.areas")).map(
    ([kind, area]): [string, Listed] => [kind, listed(object(area, "locate.areas"), "locate.areas")],
  );
  return { at: { lon: lon ?? 0, lat: lat ?? 0 }, areas: new Map(areas) };
}

/** Asks what lies at a place, written as parameters: `lon=…&lat=…` or `easting=…&northing=…`. */
export function fetchLocated(place: string, layers: string[], signal?: AbortSignal): Promise<Located> {
  return answer(`v1/locate?${place}&layers=${layers.map(encodeURIComponent).join(",")}`, readLocated, signal);
}

/** The areas of a layer in which most of the postcodes of a part lie, most first. */
export function fetchPartOfPostcode(name: string, layer: string): Promise<Listed[]> {
  const read = (body: unknown) => {
    const areas = object(object(body, "postcode")["areas"] ?? {}, "postcode.areas");
    return Object.values(areas)
      .flatMap((rows) => list(rows))
      .map((row) => listed(object(row, "postcode.areas"), "postcode.areas"));
  };
  return answer(`v1/postcodes/${part(name)}?layers=${encodeURIComponent(layer)}`, read);
}

/** Ground that an area shares with one of another layer; shares are 0 to 1. */
export interface Shared extends Listed {
  areaKm2: number | null;
  /** Of the area's ground. */
  shareOfArea: number;
  population: number | null;
  /** Of the area's residents; null where they are not known. */
  populationShare: number | null;
  populationShareOfOther: number | null;
}

export function fetchShared(code: string, layer: string, other: string, signal: AbortSignal): Promise<Shared[]> {
  const read = (body: unknown) =>
    results(body, "overlaps").map((item) => ({
      ...listed(item, "overlaps"),
      areaKm2: number(item["area_km2"]),
      shareOfArea: number(item["share_of_area"]) ?? 0,
      population: number(item["population"]),
      populationShare: number(item["population_share"]),
      populationShareOfOther: number(item["population_share_of_other"]),
    }));
  return answer(`v1/areas/${part(code)}/overlaps/${part(other)}?layer=${encodeURIComponent(layer)}`, read, signal);
}

export interface Neighbour extends Listed {
  sharedBorder_m: number;
}

export function fetchNeighbours(code: string, layer: string, signal: AbortSignal): Promise<Neighbour[]> {
  const read = (body: unknown) =>
    results(body, "neighbours").map((item) => ({
      ...listed(item, "neighbours"),
      sharedBorder_m: number(item["shared_border_m"]) ?? 0,
    }));
  return answer(`v1/areas/${part(code)}/neighbours?layer=${encodeURIComponent(layer)}`, read, signal);
}

/** One change of codes. */
export interface Change {
  /** The day, as YYYY-MM-DD. */
  effective: string;
  kind: string;
  from: { code: string; name: string };
  to: { code: string; name: string };
}

export interface History {
  vintages: { layer: string; from: string | null; to: string | null }[];
  changes: Change[];
}

export function fetchHistory(code: string, signal: AbortSignal): Promise<History> {
  const end = (value: unknown) => {
    const item = object(value, "history");
    return { code: needed(item["code"], "history.code"), name: text(item["name"]) ?? "" };
  };
  const read = (body: unknown) => ({
    vintages: list(object(body, "history")["vintages"]).map((value) => {
      const item = object(value, "history.vintages");
      return {
        layer: needed(item["layer"], "history.layer"),
        from: text(item["valid_from"]),
        to: text(item["valid_to"]),
      };
    }),
    changes: results(body, "history").map((item) => ({
      effective: text(item["effective"]) ?? "",
      kind: text(item["kind"]) ?? "",
      from: end(item["from"]),
      to: end(item["to"]),
    })),
  });
  return answer(`v1/areas/${part(code)}/history`, read, signal);
}

/** An area that a circle touches. */
export interface Touched extends Listed {
  distance_m: number;
  /** Share of its ground inside, 0 to 1. */
  shareInside: number;
  /** Residents of it inside, estimated; null where the server does not say. */
  residentsInside: number | null;
}

/** The areas of a layer that a circle touches, nearest first. */
export interface Around {
  touched: Touched[];
  residents: number | null;
  /** Blocks whose residents are not known: the estimate leaves them out. */
  unknownBlocks: number;
}

export function fetchAround(at: Point, radius_m: number, layer: string, signal: AbortSignal): Promise<Around> {
  const read = (body: unknown): Around => {
    const population = object(object(body, "within")["population"] ?? {}, "within.population");
    return {
      touched: results(body, "within").map((item) => ({
        ...listed(item, "within"),
        distance_m: number(item["distance_m"]) ?? 0,
        shareInside: number(item["share_inside"]) ?? 0,
        residentsInside: number(item["population_inside"]),
      })),
      residents: number(population["inside"]),
      unknownBlocks: number(population["unknown_blocks"]) ?? 0,
    };
  };
  const where = `lon=${at.lon}&lat=${at.lat}&radius_m=${radius_m}`;
  return answer(`v1/within?${where}&layer=${encodeURIComponent(layer)}&residents=true`, read, signal);
}
