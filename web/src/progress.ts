// Progress of an indicator through its periods: what is asked of the server, and what it says.

import { list, number, object, results, text } from "./answers.ts";
import type { Indicator, Json } from "./answers.ts";
import type { Definition } from "./composite.ts";
import { isLoaded } from "./loaded.ts";

/** A value with its 95 % limits, in a period. */
export interface Point {
  period: string;
  value: number | null;
  lower: number | null;
  upper: number | null;
}

/** What the server says of an indicator's way through its periods. */
export interface Progress {
  /** Whose value the level is; null where all areas were put together. */
  levelOf: string | null;
  level: Point[];
  /** The gap between the tenths of the residents, or where those are not known of the areas. */
  gap: Point[];
  gapIsOfResidents: boolean;
  /** From the first period to the last. */
  change: {
    level: { value: number; lower: number | null; upper: number | null } | null;
    gap: number | null;
    notTested: boolean;
    shareImproved: number | null;
    convergence: { slope: number; lower: number; upper: number } | null;
  };
  warnings: string[];
}

/** All periods after the first beside it, in one question: the server takes a baseline and an end for each indicator. */
export function progressPath(id: string, layer: string, periods: string[], form = ""): string {
  const [first = "", ...later] = periods;
  const ends = form === "" ? later : later.slice(-1);
  const query = new URLSearchParams({
    indicators: ends.map(() => id).join(","),
    layer,
    baseline: first,
    period: ends.join(","),
    areas: String(form !== ""),
  });
  return `v1/analysis/progress${form}?${query}`;
}

export function readProgress(body: unknown): Progress | null {
  const rows = results(body, "progress");
  const last = rows.at(-1);
  const first = rows[0];
  if (!first || !last) return null;
  const inner = (row: Json, ...path: string[]) => path.reduce<Json>((at, name) => object(at[name] ?? {}, `progress.${path.join(".")}`), row);
  const gapIsOfResidents = rows.every((row) => number(inner(row, "gaps", "after", "decile_gap")["absolute"]) !== null);
  const measure = gapIsOfResidents ? "decile_gap" : "decile_gap_of_areas";
  const level = (row: Json, when: "before" | "after", period: unknown): Point => {
    const { value, lower, upper } = inner(row, "level", when);
    return { period: text(period) ?? "", value: number(value), lower: number(lower), upper: number(upper) };
  };
  const gap = (row: Json, when: "before" | "after", period: unknown): Point => {
    const value = number(inner(row, "gaps", when, measure)["absolute"]);
    return { period: text(period) ?? "", value, lower: null, upper: null };
  };
  const line = inner(last, "convergence");
  const change = inner(last, "level", "change");
  const [slope, low, high, changed] = [line["slope"], line["lower"], line["upper"], change["value"]].map(number);
  return {
    levelOf: text(inner(last, "level", "after")["name"]),
    level: [level(first, "before", first["baseline"]), ...rows.map((row) => level(row, "after", row["period"]))],
    gap: [gap(last, "before", last["baseline"]), ...rows.map((row) => gap(row, "after", row["period"]))],
    gapIsOfResidents,
    change: {
      level: changed == null ? null : { value: changed, lower: number(change["lower"]), upper: number(change["upper"]) },
      gap: number(inner(last, "gaps", "change")[measure]),
      notTested: text(last["not_tested"]) !== null,
      shareImproved: number(last["share_improved"]),
      convergence: slope != null && low != null && high != null ? { slope, lower: low, upper: high } : null,
    },
    warnings: list(last["warnings"]).filter((warning) => typeof warning === "string"),
  };
}

/** Indicators with several periods, those of the index first. */
export function withProgress(indicators: Indicator[], definition: Definition | null): Indicator[] {
  const parts = (definition?.parts ?? []).map((part) => part.id);
  const several = indicators.filter((i) => i.periods.length > 1 && !isLoaded(i.id));
  // The mean of men and women stands in the index under the name that both share.
  const isPart = (i: Indicator) => parts.some((id) => i.id === id || i.id.startsWith(`${id}-`));
  return [...several.filter(isPart), ...several.filter((i) => !isPart(i))];
}
