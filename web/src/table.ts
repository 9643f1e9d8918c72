// The map as a table: each area with its value, for whoever cannot or would rather not read the map.

import type { AreaValue } from "./answers.ts";
import { el, fill } from "./element.ts";
import { decimal, ordinal } from "./number.ts";
import type { Page, Shown } from "./page.ts";
import { texts } from "./texts.ts";
import { toolTexts } from "./texts-tools.ts";
import type { Tool } from "./tools.ts";

/** Rows that are written at a time: tens of thousands at once would stop the page. */
const rowsAtOnce = 400;

type Column = "name" | "code" | "value" | "lower" | "upper";
interface Row {
  area: AreaValue;
  name: string;
  rank: number | null;
}

export function tableTool(page: Page): Tool {
  const element = el("div", "table-tool");
  let drawn: Shown | null = null;
  let by: Column = "value";
  let up = false;
  let rows: Row[] = [];
  let shownRows = rowsAtOnce;

  const head = (column: Column, label: string) => {
    const sorted = by === column ? (up ? "ascending" : "descending") : null;
    const button = el("button", "sort", { type: "button" }, label);
    button.addEventListener("click", () => {
      up = by === column ? !up : column === "name" || column === "code";
      by = column;
      shownRows = rowsAtOnce;
      write();
      element.querySelector<HTMLButtonElement>(`[data-column="${column}"] button`)?.focus();
    });
    return el("th", column === "name" || column === "code" ? "" : "number", { scope: "col", "aria-sort": sorted, "data-column": column }, button);
  };

  const write = () => {
    if (!drawn?.indicator || !drawn.layer || !drawn.values) return fill(element, texts.loading);
    const { indicator, layer, values, state } = drawn;
    rows.sort((a, b) => compared(a, b, by, up));
    const limits = rows.some((r) => r.area.lower !== null || r.area.upper !== null);
    const number = (value: number | null) => el("td", "number", {}, value === null ? "" : decimal(value, indicator.decimals));
    const row = (r: Row) => {
      const select = el("button", "row-name", { type: "button" }, r.name);
      select.addEventListener("click", () => page.store.change({ selected: r.area.code }));
      const why = r.area.value === null ? (texts.flags[r.area.flag ?? "missing"] ?? r.area.flag ?? "") : "";
      return el(
        "tr",
        "",
        { "aria-current": r.area.code === state.selected ? "true" : null },
        el("th", "", { scope: "row" }, select),
        el("td", "", {}, r.area.code),
        number(r.area.value),
        ...(limits ? [number(r.area.lower), number(r.area.upper)] : []),
        el("td", "number", {}, r.rank === null ? "" : ordinal(r.rank)),
        el("td", "", {}, why),
      );
    };
    const heads = [head("name", toolTexts.place), head("code", toolTexts.code), head("value", toolTexts.value)];
    if (limits) heads.push(head("lower", toolTexts.lower), head("upper", toolTexts.upper));
    const caption = `${toolTexts.tableOf(indicator.title, layer.title, values.period ?? "")} (${indicator.unit})`;
    const table = el(
      "table",
      "",
      {},
      el("caption", "", {}, caption),
      el("thead", "", {}, el("tr", "", {}, ...heads, el("th", "number", { scope: "col" }, toolTexts.rank), el("th", "", { scope: "col" }, toolTexts.remark))),
      el("tbody", "", {}, ...rows.slice(0, shownRows).map(row)),
    );
    const left = rows.length - shownRows;
    const more = el("button", "plain", { type: "button" }, toolTexts.showMore(Math.min(left, rowsAtOnce)));
    more.addEventListener("click", () => {
      shownRows += rowsAtOnce;
      write();
    });
    fill(element, table, left > 0 && more);
  };

  return {
    element,
    show(shown) {
      if (drawn?.values === shown.values && drawn.state.selected === shown.state.selected) return;
      if (drawn?.values !== shown.values) {
        rows = ranked(shown, page);
        shownRows = rowsAtOnce;
      }
      drawn = shown;
      write();
    },
  };
}

/** Every area with its place from the highest; equal values share a place. */
function ranked(shown: Shown, page: Page): Row[] {
  const areas = [...(shown.values?.areas.values() ?? [])];
  const order = areas.map((a) => a.value).filter((v) => v !== null).sort((a, b) => b - a);
  const places = new Map<number, number>();
  order.forEach((value, i) => {
    if (!places.has(value)) places.set(value, i + 1);
  });
  return areas.map((area) => ({
    area,
    name: area.name ?? page.nameOf(area.code),
    rank: area.value === null ? null : (places.get(area.value) ?? null),
  }));
}

/** Areas without a value come last, whichever way the table is turned. */
function compared(a: Row, b: Row, by: Column, up: boolean): number {
  const way = up ? 1 : -1;
  if (by === "name") return way * a.name.localeCompare(b.name, "en-GB");
  if (by === "code") return way * a.area.code.localeCompare(b.area.code);
  const [left, right] = [a.area[by], b.area[by]];
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return way * (left - right);
}
