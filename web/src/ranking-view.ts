// The ranking of an index: every area with its rank, how sure that is, and what each capital adds to its score.

import { capitals } from "./composite.ts";
import type { Interval, Ranked, Ranking } from "./composite.ts";
import { el, fill } from "./element.ts";
import { count, decimal } from "./number.ts";
import { levellingTexts as words } from "./texts-levelling.ts";

/** Rows that are written at a time: a slider that moves writes them anew each time. */
const rowsAtOnce = 60;

/** Bars, in units of their own. */
const barWidth = 160;
const barHeight = 14;

/** What the list needs to know beside the ranking. */
export interface RankingScene {
  ranking: Ranking;
  layerTitle: string;
  selected: string | null;
  select(code: string): void;
}

export class RankingView {
  readonly element = el("div", "ranking");
  #shownRows = rowsAtOnce;
  #of = "";

  show(scene: RankingScene): void {
    const { ranking, layerTitle, selected } = scene;
    // Another index starts from its top; a moved weight keeps what was unfolded.
    if (this.#of !== ranking.index) this.#shownRows = rowsAtOnce;
    this.#of = ranking.index;
    const inOrder = ranking.areas.filter((area) => area.rank !== null);
    const widest = Math.max(1e-9, ...inOrder.map(spanOf));
    const row = (area: Ranked) => this.#row(area, scene, widest);
    const chosen = inOrder.find((area) => area.code === selected);
    const above = chosen && inOrder.indexOf(chosen) >= this.#shownRows ? [row(chosen)] : [];
    const left = inOrder.length - this.#shownRows;
    const more = el("button", "plain quiet", { type: "button" }, words.showMore(Math.min(left, rowsAtOnce)));
    more.addEventListener("click", () => {
      this.#shownRows += rowsAtOnce;
      this.show(scene);
    });
    const head = (label: string, kind = "") => el("th", kind, { scope: "col" }, label);
    const without = ranking.areas.length - inOrder.length;
    const titles = new Map(ranking.measures.map((m) => [m.id, m.title]));
    const exact = ranking.exact.map((id) => titles.get(id) ?? id);
    const measured = capitals.filter((capital) => ranking.capitals.some((c) => c.capital === capital && c.missing === null));
    fill(
      this.element,
      el(
        "table",
        "",
        {},
        el("caption", "", {}, words.caption(ranking.title, ranking.ranked, layerTitle)),
        el("thead", "", {}, el("tr", "", {}, head(words.rank, "number"), head(words.area), head(words.interval), head(words.contributions), head(words.score, "number"))),
        el("tbody", "", {}, ...above, ...inOrder.slice(0, this.#shownRows).map(row)),
      ),
      left > 0 && more,
      el(
        "div",
        "levelling-notes",
        {},
        el("p", "ranking-key", {}, ...measured.map((capital) => el("span", "", {}, keyOf(capital), words.capital[capital] ?? capital)), words.towards(ranking.highIsGood)),
        el("p", "", {}, words.intervalAbout(ranking.draws)),
        exact.length > 0 && el("p", "", {}, words.exact(exact)),
        without > 0 && el("p", "", {}, words.unranked(without)),
      ),
    );
  }

  #row(area: Ranked, { ranking, selected, select }: RankingScene, widest: number): HTMLElement {
    const name = el("button", "row-name", { type: "button" }, area.name);
    name.addEventListener("click", () => select(area.code));
    const sure = area.fromBoth;
    return el(
      "tr",
      "",
      { "aria-current": area.code === selected ? "true" : null, "data-code": area.code },
      el("td", "number", {}, area.rank === null ? "" : count(Math.floor(area.rank))),
      el("th", "", { scope: "row" }, name),
      el("td", "ranking-bar", {}, sure && intervalBar(area, ranking.ranked), sure && el("span", "ranking-ends", {}, words.intervalSaid(sure[0], sure[1]))),
      el("td", "ranking-bar", {}, contributionBar(area, widest)),
      el("td", "number", {}, area.score === null ? "" : decimal(area.score, 2).replace("-", "−")),
    );
  }
}

function svg(tag: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

function bars(className: string, label: string): SVGElement {
  const drawing = svg("svg", { viewBox: `0 0 ${barWidth} ${barHeight}`, class: className, role: "img", "aria-label": label });
  const title = svg("title", {});
  title.textContent = label;
  drawing.append(title);
  return drawing;
}

/** From rank 1 on the left to the last on the right: the interval with its rank. */
function intervalBar(area: Ranked, ranked: number): SVGElement {
  const { fromBoth, fromValues, rank } = area;
  const x = (of: number) => 3 + ((of - 1) / Math.max(1, ranked - 1)) * (barWidth - 6);
  const [low, high] = fromBoth ?? [0, 0];
  const drawing = bars("interval-bar", words.intervalLabel(area.name, Math.floor(rank ?? 0), low, high));
  const line = (of: Interval, kind: string) =>
    svg("line", { class: kind, x1: x(of[0]), x2: Math.max(x(of[1]), x(of[0]) + 0.5), y1: barHeight / 2, y2: barHeight / 2 });
  drawing.append(svg("line", { class: "whole", x1: 3, x2: barWidth - 3, y1: barHeight / 2, y2: barHeight / 2 }));
  if (fromBoth) drawing.append(line(fromBoth, "both"));
  if (fromValues) drawing.append(line(fromValues, "values"));
  if (rank !== null) drawing.append(svg("circle", { class: "rank", cx: x(rank), cy: barHeight / 2, r: 3 }));
  return drawing;
}

/** How far the contributions of an area reach to either side, whichever is further. */
function spanOf(area: Ranked): number {
  const added = [...area.capitals.values()].map((c) => c.contribution ?? 0);
  const side = (sign: number) => added.filter((c) => c * sign > 0).reduce((sum, c) => sum + c * sign, 0);
  return Math.max(side(1), side(-1));
}

/** What each capital adds, from the line in the middle to its side, one after another. */
function contributionBar(area: Ranked, widest: number): SVGElement {
  const told = capitals.flatMap((capital) => {
    const value = area.capitals.get(capital)?.contribution ?? null;
    return value === null ? [] : [{ capital, value }];
  });
  const label = told.map(({ capital, value }) => words.contributionSaid(words.capital[capital] ?? capital, value)).join(", ");
  const drawing = bars("contribution-bar", label);
  const middle = barWidth / 2;
  const ends = { left: middle, right: middle };
  for (const { capital, value } of told) {
    const width = (Math.abs(value) / widest) * (middle - 2);
    if (value < 0) ends.left -= width;
    drawing.append(svg("rect", { class: capital, x: (value < 0 ? ends.left : ends.right).toFixed(2), width: width.toFixed(2), y: 2, height: barHeight - 4 }));
    if (value >= 0) ends.right += width;
  }
  drawing.append(svg("line", { class: "middle", x1: middle, x2: middle, y1: 0, y2: barHeight }));
  return drawing;
}

function keyOf(capital: string): SVGElement {
  const drawing = svg("svg", { viewBox: "0 0 12 12", class: "contribution-bar key", "aria-hidden": "true" });
  drawing.append(svg("rect", { class: capital, width: 12, height: 12, rx: 2 }));
  return drawing;
}
