// The profile of an area in its panel: each indicator with its value, its place among others, and its course.

import { el } from "./element.ts";
import { decimal, withUnit } from "./number.ts";
import { groupProfile, marksOf } from "./profile.ts";
import type { Mark, Measured, Profile, ProfileRow } from "./profile.ts";
import { keyMark, rangePlot, trendLine } from "./range-plot.ts";
import { texts } from "./texts.ts";

const words = texts.profile;

/** Fewer periods than this make no course. */
const leastPeriods = 3;

/** A profile drawn; `choose` puts an indicator on the map. */
export function profileView({ name: area, rows }: Profile, choose: (indicator: string) => void): HTMLElement {
  const { groups, missing, without } = groupProfile(rows);
  const view = el("section", "profile", {}, el("h3", "", {}, words.title));
  if (groups.length === 0) {
    view.append(el("p", "panel-note", {}, words.nothing));
    return view;
  }
  view.append(key(groups.flatMap((group) => group.rows), area));
  for (const { capital, rows: found } of groups) {
    const named = capital === null ? null : words.capital[capital];
    view.append(
      el("h4", "", {}, named ?? words.other),
      el("ul", "profile-rows", {}, ...found.map((row) => rowView(row, area, choose))),
    );
  }
  if (missing.length > 0)
    view.append(el("p", "panel-note profile-missing", {}, words.missing(missing.map((c) => words.capital[c] ?? c))));
  if (without.length > 0)
    view.append(
      el(
        "details",
        "profile-without",
        {},
        el("summary", "", {}, words.without(without.length)),
        el("ul", "", {}, ...without.map((row) => el("li", "", {}, reasoned(row)))),
      ),
    );
  return view;
}

function reasoned(row: ProfileRow): string {
  return `${row.title}: ${(texts.flags[row.flag ?? "missing"] ?? words.noValue).toLowerCase()}`;
}

function key(rows: ProfileRow[], area: string): HTMLElement {
  const marks = rows.map(marksOf);
  const names = (pick: (m: { country: Mark | null; parent: Mark | null }) => Mark | null) => {
    const found = new Set(marks.flatMap((m) => pick(m)?.name ?? []));
    return found.size > 0 ? [...found].join(", ") : null;
  };
  const entry = (kind: "value" | "country" | "parent" | "half", name: string | null) =>
    name ? el("li", "", {}, keyMark(kind), name) : null;
  return el(
    "ul",
    "profile-key",
    { "aria-hidden": "true" },
    entry("value", area),
    entry("country", names((m) => m.country)),
    entry("parent", names((m) => m.parent)),
    entry("half", words.half),
  );
}

/** A value as it is shown, with its unit. */
function shown(value: number, row: ProfileRow): string {
  return withUnit(decimal(value, row.decimals), row.unit).trim();
}

function limits(of: Measured, row: ProfileRow): string | null {
  if (of.lower === null || of.upper === null) return null;
  return words.limits(decimal(of.lower, row.decimals), decimal(of.upper, row.decimals));
}

function rowView(row: ProfileRow, area: string, choose: (indicator: string) => void): HTMLElement {
  const { country, parent } = marksOf(row);
  const value = row.value ?? 0;
  const said = [
    `${area} ${shown(value, row)}`,
    limits(row, row),
    country ? `${country.name} ${shown(country.value, row)}` : null,
    parent ? `${parent.name} ${shown(parent.value, row)}` : null,
    row.spread ? words.spread(shown(row.spread.min, row), shown(row.spread.max, row)) : null,
  ];
  const label = said.filter((part) => part !== null).join("; ");
  const title = el("button", "text-link", { type: "button", title: words.show }, row.title);
  title.addEventListener("click", () => choose(row.id));
  const horizon = row.horizon ? words.horizon[row.horizon] : null;
  const percent = row.unit === "%";
  const course = row.trend.filter((point) => point.value !== null);
  const [first, last] = [course[0], course.at(-1)];
  const line =
    course.length >= leastPeriods && first && last
      ? trendLine(
          row.trend.map((point) => point.value),
          words.trend(first.period, shown(first.value ?? 0, row), last.period, shown(last.value ?? 0, row)),
        )
      : null;
  const place = [
    row.rank !== null && row.rankOf !== null ? texts.rank(row.rank, row.rankOf) : null,
    row.decile !== null ? words.decile(row.decile) : null,
  ].filter((part) => part !== null);
  return el(
    "li",
    "profile-row",
    { "data-indicator": row.id },
    el("div", "profile-title", {}, title),
    el("span", "profile-number", {}, decimal(value, row.decimals) + (percent ? "%" : "")),
    el(
      "p",
      "profile-about",
      {},
      [percent ? null : row.unit, row.period, limits(row, row)].filter((part) => part).join(" · "),
      horizon ? el("span", "horizon", { title: texts.horizon[row.horizon ?? ""] ?? null }, horizon) : null,
    ),
    row.spread ? rangePlot(row, country, parent, label) : null,
    el("p", "profile-place", {}, place.join(" · ")),
    line,
  );
}
