// What is asked of an index: from the reader's choices, which the address holds, to the server's own words.

import { capitals } from "./composite.ts";
import type { Definition, Measure } from "./composite.ts";
import type { State } from "./state.ts";

/** The heaviest that a capital can be made, and the steps to there. */
export const heaviest = 3;
export const weightStep = 0.25;

/** What is looked at: of an index, and of the indicator that the page shows. */
export const looks = ["ranking", "movers", "clusters", "progress"] as const;
export type Look = (typeof looks)[number];

/** What colours the map beside the ranking. */
export const paints = ["fifths", "priority"] as const;
export type Paint = (typeof paints)[number];

export function lookOf(state: State): Look {
  return looks.find((look) => look === state.look) ?? "ranking";
}

export function paintOf(state: State): Paint {
  return paints.find((paint) => paint === state.paint) ?? "fifths";
}

/** The index that is looked at: the one asked for, else the first that is ready. */
export function chosenDefinition(definitions: Definition[], state: State): Definition | null {
  const ready = definitions.filter((d) => d.isReady);
  return definitions.find((d) => d.id === state.index) ?? ready.find((d) => d.id === "four-capitals") ?? ready[0] ?? null;
}

/** Weights as the address holds them, each kept within what the sliders can say; names that are no capital are dropped. */
export function readWeights(written: string | null): Map<string, number> {
  const weights = new Map<string, number>();
  for (const pair of (written ?? "").split(",")) {
    const [name, number] = pair.split(":");
    const weight = number ? Number(number) : Number.NaN;
    const known = capitals.some((capital) => capital === name);
    if (name !== undefined && known && weight >= 0 && weight <= heaviest) weights.set(name, weight);
  }
  return weights;
}

/** Weights as the address holds them; null where all are those of the definition. */
export function writeWeights(weights: Map<string, number>, definition: Definition): string | null {
  const changed = [...weights].filter(([capital, weight]) => weight !== stated(definition, capital));
  return changed.map(([capital, weight]) => `${capital}:${weight}`).join(",") || null;
}

/** The weight that a definition states for a capital. */
export function stated(definition: Definition, capital: string): number {
  return definition.weighsCapitals ? (definition.weights.get(capital) ?? 1) : 1;
}

/** The indicators that are left out, of those that the definition has; one always stays. */
export function leftOut(definition: Definition, state: State): string[] {
  const asked = new Set((state.without ?? "").split(","));
  const out = definition.parts.map((part) => part.id).filter((id) => asked.has(id));
  return out.length < definition.parts.length ? out : out.slice(1);
}

/**
 * Words by which an indicator is known to be about health: state of health, what it comes of, care and the way there.
 * The server tells capitals, and human capital holds skills as well. The page names what it takes for health.
 */
const healthWords =
  /health|life-expectancy|mortality|deaths?|stroke|thrombectomy|hospital|admissions|smok|cigarette|obes|overweight|cancer|diabet|depress|disab|dement|blood-pressure/;

export function isOfHealth(id: string): boolean {
  return healthWords.test(id);
}

/** The indicators of health among those of a definition. */
export function healthOf(definition: Definition): string[] {
  return definition.parts.map((part) => part.id).filter(isOfHealth);
}

/** Whether the index is looked at otherwise than as it is defined. */
export function isChanged(definition: Definition, state: State): boolean {
  return leftOut(definition, state).length > 0 || writeWeights(readWeights(state.weights), definition) !== null;
}

/**
 * The query of an index. Where a definition weighs indicators and not capitals, the weight of a capital is laid on each
 * of its indicators; `measures` tells which those are.
 */
export function indexQuery(definition: Definition, layer: string, state: State, measures: Measure[]): URLSearchParams {
  const query = new URLSearchParams({ index: definition.id, layer });
  const out = leftOut(definition, state);
  const changed = readWeights(writeWeights(readWeights(state.weights), definition));
  const pairs = definition.weighsCapitals
    ? [...changed]
    : definition.parts.flatMap(({ id, weight }): [string, number][] => {
        const capital = measures.find((m) => m.id === id)?.capital ?? "";
        const factor = changed.get(capital);
        return factor === undefined || out.includes(id) ? [] : [[id, weight * factor]];
      });
  if (pairs.length) query.set("weights", pairs.map(([name, weight]) => `${name}:${weight}`).join(","));
  if (out.length) query.set("without", out.join(","));
  return query;
}

/** The path of the ranking; `form` is empty or `.csv`. */
export function indexPath(query: URLSearchParams, form = ""): string {
  return `v1/analysis/index${form}?${query}`;
}

/** The path of two orders side by side; without `against` the index is compared with itself as it is defined. */
export function priorityPath(query: URLSearchParams, against: string | null, form = ""): string {
  const all = new URLSearchParams(query);
  if (against !== null) all.set("against", against);
  // Nobody looks at the intervals of the comparison.
  all.set("draws", form === "" ? "0" : "1000");
  return `v1/analysis/priority${form}?${all}`;
}
