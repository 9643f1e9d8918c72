// Composite indices as the server answers them: definitions, areas in order, two orders side by side.

import { list, needed, number, object, results, text } from "./answers.ts";
import type { Json } from "./answers.ts";

/** The four capitals, in the order in which they are told of. */
export const capitals = ["financial-physical", "human", "social", "natural"] as const;

/** An indicator within a definition. */
export interface DefinitionPart {
  id: string;
  weight: number;
}

/** A definition of an index, as `/v1/analysis/index` lists it. */
export interface Definition {
  id: string;
  title: string;
  description: string;
  /** Kind or id of the layer it is of when nothing else is asked. */
  layer: string;
  /** Whether all that it needs has been imported. */
  isReady: boolean;
  /** Indicators that it waits for. */
  waitingFor: string[];
  parts: DefinitionPart[];
  /** Weights of capitals that the definition states; 1 where it states none. */
  weights: Map<string, number>;
  /** Capitals of which no indicator of the definition speaks, with the words for that. */
  missing: Map<string, string>;
  /** Whether capitals are weighed, each the mean of its indicators, or all indicators alike. */
  weighsCapitals: boolean;
}

/** A capital within an answer. */
export interface CapitalShare {
  capital: string;
  /** Its share of the whole weight, 0 to 1. */
  share: number;
  indicators: string[];
  /** Why it is missing; null where it is measured. */
  missing: string | null;
}

/** An indicator within an answer. */
export interface Measure {
  id: string;
  title: string;
  capital: string | null;
  share: number;
  periods: string[];
}

/** The 5 % and 95 % points of a rank over the draws. */
export type Interval = [number, number];

export interface Ranked {
  code: string;
  name: string;
  score: number | null;
  /** 1 is the worst; null where the area could not be ranked. */
  rank: number | null;
  /** With values drawn, and with values and weights drawn. */
  fromValues: Interval | null;
  fromBoth: Interval | null;
  /** What each capital adds to the score, and where it alone would rank the area. */
  capitals: Map<string, { contribution: number | null; rank: number | null }>;
  /** Indicators without a value here. */
  missing: string[];
}

/** Areas in the order of an index. */
export interface Ranking {
  index: string;
  title: string;
  description: string;
  /** How many areas have a rank. */
  ranked: number;
  /** Whether a higher score is better. */
  highIsGood: boolean;
  capitals: CapitalShare[];
  measures: Measure[];
  draws: number;
  /** Indicators whose values have no known error. */
  exact: string[];
  areas: Ranked[];
}

/** An area whose category differs between the two orders. */
export interface Move {
  code: string;
  name: string;
  from: number;
  to: number;
  rankBefore: number;
  rankAfter: number;
}

/** Two orders side by side, over the areas that both can rank. */
export interface Comparison {
  against: string;
  areas: number;
  moves: Move[];
  /** Spearman's correlation of the two orders. */
  spearman: number | null;
  /** Residents of the areas that move, and how many of those areas have none known. */
  residentsMoved: number;
  areasWithoutResidents: number;
  /** The category of each area, 1 the worst, in the order looked at. */
  categories: Map<string, number>;
}

export function readDefinitions(answer: unknown): Definition[] {
  return results(answer, "indices").map((item) => {
    const id = needed(item["id"], "index.id");
    const definition = object(item["definition"], "index.definition");
    const rules = list(definition["capital"]).map((rule) => object(rule, "index.definition.capital"));
    return {
      id,
      title: text(item["title"]) ?? id,
      description: text(item["description"]) ?? "",
      layer: text(item["layer"]) ?? "lad",
      isReady: item["status"] === "ready",
      waitingFor: list(item["waiting_for"]).flatMap((waiting) => nameOf(waiting)),
      parts: list(definition["indicator"]).map((part) => {
        const found = object(part, "index.definition.indicator");
        return { id: needed(found["id"], "index.definition.indicator.id"), weight: number(found["weight"]) ?? 1 };
      }),
      missing: new Map(rules.flatMap((rule) => (text(rule["missing"]) === null ? [] : [[text(rule["capital"]) ?? "", text(rule["missing"]) ?? ""]]))),
      weights: new Map(rules.map((rule) => [text(rule["capital"]) ?? "", number(rule["weight"]) ?? 1])),
      weighsCapitals: definition["weighting"] !== "indicators",
    };
  });
}

/** A name that stands alone or in an object. */
function nameOf(value: unknown): string[] {
  const found = text(value) ?? (typeof value === "object" && value !== null ? text((value as Json)["id"]) : null);
  return found === null ? [] : [found];
}

export function readRanking(answer: unknown): Ranking {
  const whole = object(answer, "index");
  const uncertainty = object(whole["uncertainty"] ?? {}, "index.uncertainty");
  return {
    index: needed(whole["index"], "index.index"),
    title: text(whole["title"]) ?? "",
    description: text(whole["description"]) ?? "",
    ranked: number(whole["ranked"]) ?? 0,
    highIsGood: whole["polarity"] !== "low-is-good",
    capitals: list(whole["capitals"]).map((item) => readCapital(object(item, "index.capitals"))),
    measures: list(whole["indicators"]).map((item) => readMeasure(object(item, "index.indicators"))),
    draws: number(uncertainty["draws"]) ?? 0,
    exact: list(uncertainty["taken_as_exact"]).filter((id) => typeof id === "string"),
    areas: results(whole, "index").map(readRanked),
  };
}

function readCapital(item: Json): CapitalShare {
  return {
    capital: needed(item["capital"], "index.capitals.capital"),
    share: number(item["share_of_weight"]) ?? 0,
    indicators: list(item["indicators"]).filter((id) => typeof id === "string"),
    missing: item["status"] === "missing" ? (text(item["note"]) ?? "") : null,
  };
}

function readMeasure(item: Json): Measure {
  const id = needed(item["id"], "index.indicators.id");
  const series = list(item["series"]).map((s) => object(s, "index.indicators.series"));
  const periods = series.flatMap((s) => list(s["periods"]).filter((p) => typeof p === "string"));
  return {
    id,
    title: text(item["title"]) ?? id,
    capital: text(item["capital"]),
    share: number(item["share_of_weight"]) ?? 0,
    periods: [...new Set(periods)],
  };
}

function readRanked(item: Json): Ranked {
  const intervals = object(item["rank_interval"] ?? {}, "index.rank_interval");
  const code = needed(item["code"], "index.results.code");
  return {
    code,
    name: text(item["name"]) ?? code,
    score: number(item["score"]),
    rank: number(item["rank"]),
    fromValues: readInterval(intervals["values"]),
    fromBoth: readInterval(intervals["both"]),
    capitals: new Map(
      Object.entries(object(item["capitals"] ?? {}, "index.results.capitals")).map(([capital, value]) => {
        const found = object(value, "index.results.capitals");
        return [capital, { contribution: number(found["contribution"]), rank: number(found["rank"]) }];
      }),
    ),
    missing: list(item["missing"]).filter((id) => typeof id === "string"),
  };
}

function readInterval(value: unknown): Interval | null {
  const [low, high] = list(value).map(number);
  return low != null && high != null ? [low, high] : null;
}

/** Reads two orders side by side; null where the answer compares nothing. */
export function readComparison(answer: unknown): Comparison | null {
  const whole = object(answer, "priority");
  if (whole["comparison"] == null) return null;
  const told = object(whole["comparison"], "priority.comparison");
  const people = object(object(told["people"] ?? {}, "priority.people")["moved"] ?? {}, "priority.people.moved");
  const categories = results(whole, "priority").flatMap((item) => {
    const category = number(item["category"]);
    return category === null ? [] : [[needed(item["code"], "priority.code"), category] as const];
  });
  return {
    against: text(told["against"]) ?? "",
    areas: number(told["areas"]) ?? 0,
    moves: list(told["moves"]).map((item) => readMove(object(item, "priority.moves"))),
    spearman: number(told["spearman"]),
    residentsMoved: number(people["residents"]) ?? 0,
    areasWithoutResidents: number(people["areas_without_residents"]) ?? 0,
    categories: new Map(categories),
  };
}

function readMove(item: Json): Move {
  const code = needed(item["code"], "priority.moves.code");
  return {
    code,
    name: text(item["name"]) ?? code,
    from: number(item["from"]) ?? 0,
    to: number(item["to"]) ?? 0,
    rankBefore: number(item["rank_before"]) ?? 0,
    rankAfter: number(item["rank_after"]) ?? 0,
  };
}
