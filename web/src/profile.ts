// All that is measured in an area: the answer of `/v1/areas/{code}/profile`, put in the order of the four capitals.

import { list, needed, number, object, results, text } from "./answers.ts";
import type { Json } from "./answers.ts";
import { answer, part } from "./api.ts";

/** The four capitals, in the order of official papers. */
export const capitals = ["financial-physical", "human", "social", "natural"] as const;

/** One number with its 95 % limits. */
export interface Measured {
  value: number | null;
  lower: number | null;
  upper: number | null;
}

/** An area that another is compared with. */
export interface Mark {
  code: string;
  name: string;
  kind: string;
  value: number;
}

/** One indicator in one area. */
export interface ProfileRow extends Measured {
  id: string;
  title: string;
  unit: string;
  decimals: number;
  polarity: string;
  capital: string | null;
  horizon: string | null;
  period: string;
  flag: string | null;
  rank: number | null;
  rankOf: number | null;
  /** 1 for the lowest tenth of the areas, 10 for the highest. */
  decile: number | null;
  /** Lowest value, quartiles and highest value among the areas of the layer. */
  spread: { min: number; q1: number; median: number; q3: number; max: number } | null;
  /** The areas around, the nearest in size first. */
  marks: Mark[];
  trend: ({ period: string } & Measured)[];
}

function measured(item: Json): Measured {
  return { value: number(item["value"]), lower: number(item["lower"]), upper: number(item["upper"]) };
}

function readSpread(value: unknown): ProfileRow["spread"] {
  if (typeof value !== "object" || value === null) return null;
  const item = value as Json;
  const [min, q1, median, q3, max] = ["min", "q1", "median", "q3", "max"].map((name) => number(item[name]));
  return min == null || q1 == null || median == null || q3 == null || max == null ? null : { min, q1, median, q3, max };
}

export function readProfile(body: unknown): ProfileRow[] {
  // The areas around are named once for all rows, under their kinds.
  const around = Object.entries(object(object(body, "profile")["parents"] ?? {}, "profile.parents")).map(([kind, value]) => {
    const parent = object(value, "profile.parents");
    const code = needed(parent["code"], "profile.parents.code");
    return { code, name: text(parent["name"]) ?? code, kind };
  });
  return results(body, "profile").map((item) => {
    const id = needed(item["indicator"], "profile.indicator");
    const parents = object(item["parents"] ?? {}, "profile.results.parents");
    return {
      id,
      title: text(item["title"]) ?? id,
      unit: text(item["unit"]) ?? "",
      decimals: Math.min(6, Math.max(0, number(item["decimals"]) ?? 1)),
      polarity: text(item["polarity"]) ?? "neutral",
      capital: text(item["capital"]),
      horizon: text(item["horizon"]),
      period: text(item["period"]) ?? "",
      flag: text(item["flag"]),
      ...measured(item),
      rank: number(item["rank"]),
      rankOf: number(item["rank_of"]),
      decile: number(item["decile"]),
      spread: readSpread(item["spread"]),
      marks: around.flatMap((parent) => {
        const value = parents[parent.kind];
        const of = value === undefined ? null : number(object(value, "profile.results.parents")["value"]);
        return of === null ? [] : [{ ...parent, value: of }];
      }),
      trend: list(item["trend"]).map((value) => {
        const point = object(value, "profile.trend");
        return { period: text(point["period"]) ?? "", ...measured(point) };
      }),
    };
  });
}

/** An area's profile. */
export interface Profile {
  name: string;
  rows: ProfileRow[];
}

export function fetchProfile(code: string, layer: string, signal: AbortSignal): Promise<Profile> {
  const read = (body: unknown) => ({ name: text(object(body, "profile")["name"]) ?? code, rows: readProfile(body) });
  return answer(`v1/areas/${part(code)}/profile?layer=${encodeURIComponent(layer)}`, read, signal);
}

/** A profile in groups: the capitals in their order, then what belongs to none. */
export interface Grouped {
  groups: { capital: string | null; rows: ProfileRow[] }[];
  /** Capitals of which nothing is measured in the area. */
  missing: string[];
  /** Indicators that have no value in the area. */
  without: ProfileRow[];
}

export function groupProfile(rows: ProfileRow[]): Grouped {
  const valued = rows.filter((row) => row.value !== null);
  const known: readonly string[] = capitals;
  const groups = [...capitals, null].map((capital) => ({
    capital,
    rows: valued.filter((row) => (capital === null ? !known.includes(row.capital ?? "") : row.capital === capital)),
  }));
  return {
    groups: groups.filter((group) => group.rows.length > 0),
    missing: groups.flatMap(({ capital, rows: found }) => (capital !== null && found.length === 0 ? [capital] : [])),
    without: rows.filter((row) => row.value === null),
  };
}

/** Kinds of areas whose values are marked beside the area's own: its country, and the smallest of these around it. */
const marked = ["rgn", "icb", "nhs", "nhser"];

/** The country and one parent, where they have values. */
export function marksOf(row: ProfileRow): { country: Mark | null; parent: Mark | null } {
  const of = (kind: string) => row.marks.find((mark) => mark.kind === kind) ?? null;
  return { country: of("ctry"), parent: marked.map(of).find((mark) => mark !== null) ?? null };
}
