// What is asked of the server for a view, and the address that asks it: the same for the map, its pictures and its files.

import type { Choice } from "./choice.ts";
import type { State } from "./state.ts";

export interface Question {
  layer: string;
  indicator: string;
  /** The query, in the server's own words. */
  period: string | null;
  sex: string | null;
  age: string | null;
  method: string | null;
  classes: string | null;
  palette: string | null;
  /** `periods` for classes over all of them. */
  over: string | null;
  indicator2: string | null;
}

const query = ["period", "sex", "age", "method", "classes", "palette", "over", "indicator2"] as const;

/** The question behind what is shown; null while there is nothing to colour. */
export function questionOf(choice: Choice, state: State): Question | null {
  const { layer, indicator, second } = choice;
  if (!layer || !indicator) return null;
  const held = (asked: string | null, list: string[]) => (asked !== null && list.includes(asked) ? asked : null);
  const method = state.method;
  // A comparison with the whole has the same three classes in each period already; two measures have nine.
  const fixed = indicator.periods.length > 1 && state.classesOf === null && method !== "benchmark" && !second;
  return {
    layer: layer.id,
    indicator: indicator.id,
    period: choice.period,
    sex: held(state.sex, indicator.sexes),
    age: held(state.age, indicator.ages),
    method: second ? null : method,
    classes: second ? null : state.classes,
    palette: second ? null : state.palette,
    over: fixed ? "periods" : null,
    indicator2: second?.id ?? null,
  };
}

/** The path of a choropleth; `form` is `.png`, `.geojson`, `/values.json` …; more goes into the query. */
export function choroplethPath(question: Question, form: string, more: Record<string, string> = {}): string {
  const part = (text: string) => encodeURIComponent(text).replace(/%40/g, "@");
  const fields = new URLSearchParams();
  for (const name of query) {
    const value = question[name];
    if (value) fields.set(name, value);
  }
  for (const [name, value] of Object.entries(more)) fields.set(name, value);
  const asked = fields.size > 0 ? `?${fields}` : "";
  return `v1/choropleth/${part(question.layer)}/${part(question.indicator)}${form}${asked}`;
}
