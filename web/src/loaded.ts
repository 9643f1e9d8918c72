// Tables of the reader's own, held for this visit: the file stays in the browser and is sent again whenever something
// else of it is to be drawn, as the server keeps nothing of it.

import { list, needed, number, object, readIndicator, readValues, results, text } from "./answers.ts";
import type { Indicator, Json, Values } from "./answers.ts";
import { answer } from "./api.ts";
import type { Question } from "./question.ts";

/** Before the ids of indicators that only this visit knows. */
const mark = "own.";

/** The largest table that the server reads without keeping it, in bytes. */
export const largestTable = 16 * 1024 * 1024;

/** One code of a class of rows. */
export interface Example {
  code: string;
  name: string;
  rows: number;
  target: string | null;
  reason: string | null;
}

/** What became of the rows of a table. */
export interface MatchReport {
  file: string;
  rows: number;
  /** The id of the layer that the codes were led to. */
  layer: string | null;
  classes: { name: string; count: number; examples: Example[] }[];
  without: { count: number; names: string[] };
  notes: string[];
}

/** A table that was read. */
export interface Preview {
  report: MatchReport;
  /** Ids carry a mark, so that they are no indicator's of the server. */
  indicators: Indicator[];
  /** The indicator that is drawn first, and its layer; null where no code leads to a layer. */
  indicator: string | null;
  layer: string | null;
  values: Values | null;
}

function readReport(body: unknown): MatchReport {
  const report = object(list(object(body, "report")["files"])[0], "report.files");
  const without = object(report["areas_without_value"] ?? {}, "report.areas_without_value");
  return {
    file: text(report["file"]) ?? "",
    rows: number(report["rows_read"]) ?? 0,
    layer: text(report["layer"]),
    classes: Object.entries(object(report["classes"] ?? {}, "report.classes")).map(([name, value]) => {
      const found = object(value, "report.classes");
      return {
        name,
        count: number(found["count"]) ?? 0,
        examples: list(found["examples"]).map((item) => readExample(object(item, "report.examples"))),
      };
    }),
    without: {
      count: number(without["count"]) ?? 0,
      names: list(without["examples"]).map((pair) => String(list(pair)[1] ?? "")),
    },
    notes: list(report["notes"]).filter((note): note is string => typeof note === "string"),
  };
}

function readExample(item: Json): Example {
  return {
    code: text(item["code"]) ?? "",
    name: text(item["name"]) ?? "",
    rows: number(item["rows"]) ?? 0,
    target: text(item["target"]),
    reason: text(item["reason"]),
  };
}

function readPreview(body: unknown): Preview {
  const whole = object(body, "preview");
  const indicator = text(whole["indicator"]);
  const described = results({ results: whole["indicators"] }, "preview.indicators").map(readIndicator);
  return {
    report: readReport(body),
    indicators: described.map((i) => ({ ...i, id: mark + i.id })),
    indicator: indicator === null ? null : mark + indicator,
    layer: text(whole["layer"]),
    values: whole["values"] ? readValues(whole["values"]) : null,
  };
}

const tables = new Map<string, File>();

/** Whether an indicator is one of a table of this visit. */
export function isLoaded(indicator: string): boolean {
  return tables.has(indicator);
}

function sent(file: File, query: string, token?: string) {
  const path = (route: string) => `${route}?file=${encodeURIComponent(file.name)}${query}`;
  return { path, body: { body: file, contentType: "text/csv", token: token ?? null } };
}

/** Has a table read and matched. */
export async function preview(file: File, signal: AbortSignal): Promise<Preview> {
  const { path, body } = sent(file, "");
  const read = await answer(path("v1/preview"), readPreview, signal, body);
  for (const { id } of read.indicators) tables.set(id, file);
  return read;
}

/** Of a question about values, what can be asked of a table. */
const asked = ["period", "sex", "age", "method", "classes", "palette", "over"] as const;

/** The values of an indicator of a table, on any layer, for any of its periods, in classes as asked. */
export async function loadedValues(question: Question, signal: AbortSignal): Promise<Values> {
  const file = tables.get(question.indicator);
  if (!file) throw new RangeError(question.indicator);
  const query = new URLSearchParams({ layer: question.layer, indicator: question.indicator.slice(mark.length) });
  for (const name of asked) {
    const value = question[name];
    if (value !== null) query.set(name, String(value));
  }
  const { path, body } = sent(file, `&${query.toString()}`);
  return answer(path("v1/preview"), (found) => readValues(object(found, "preview")["values"]), signal, body);
}

/** Stores a table on the server; gives what became of it, and the ids of its indicators. */
export function store(file: File, token: string, signal: AbortSignal): Promise<{ report: MatchReport; ids: string[] }> {
  const { path, body } = sent(file, "", token);
  const read = (found: unknown) => {
    const report = object(list(object(found, "import")["files"])[0], "import.files");
    const ids = list(report["indicators"]).map((i) => needed(object(i, "import.indicators")["id"], "import.id"));
    return { report: readReport(found), ids };
  };
  return answer(path("v1/imports"), read, signal, body);
}
