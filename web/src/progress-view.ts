// Progress: the level of an indicator and the gap between the top and the bottom tenth, period by period.

import type { Indicator } from "./answers.ts";
import { address, answer } from "./api.ts";
import type { Definition } from "./composite.ts";
import { el, fill } from "./element.ts";
import { decimal, withUnit } from "./number.ts";
import type { Page, Shown } from "./page.ts";
import { progressPath, readProgress, withProgress } from "./progress.ts";
import type { Point, Progress } from "./progress.ts";
import { progressChart } from "./progress-chart.ts";
import { texts } from "./texts.ts";
import { levellingTexts as words } from "./texts-levelling.ts";

/** The most periods that are drawn, the latest: more would not be told apart. */
const mostPeriods = 24;

export class ProgressView {
  readonly element = el("div", "progress-view");
  readonly #page: Page;
  readonly #result = el("div", "progress-result");
  #choices = "";
  #key = "";
  #asking = new AbortController();

  constructor(page: Page) {
    this.#page = page;
  }

  show(shown: Shown, definition: Definition | null): void {
    const { layer, state } = shown;
    const choices = withProgress(shown.indicators, definition);
    const chosen = choices.find((i) => i.id === state.progress) ?? choices[0] ?? null;
    if (!chosen || !layer) {
      this.#key = "";
      this.#choices = "";
      return fill(this.element, el("p", "levelling-nothing", {}, words.noPeriods));
    }
    const listed = JSON.stringify(choices.map((i) => i.id));
    if (listed !== this.#choices) {
      this.#choices = listed;
      const select = el("select", "", { id: "progress-of" }, ...choices.map((i) => el("option", "", { value: i.id }, i.title)));
      select.addEventListener("change", () => this.#page.store.change({ progress: select.value }));
      fill(this.element, el("div", "picker inline", {}, el("label", "", { for: "progress-of" }, words.progressOf), select), this.#result);
    }
    const select = this.element.querySelector("select");
    if (select) select.value = chosen.id;
    const key = `${chosen.id} ${layer.id}`;
    if (key === this.#key) return;
    this.#key = key;
    void this.#load(chosen, layer.id, key);
  }

  async #load(indicator: Indicator, layer: string, key: string): Promise<void> {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const { progress } = this.#page;
    const periods = indicator.periods.slice(-mostPeriods);
    fill(this.#result, texts.loading);
    progress.set("progress", true);
    try {
      const found = await answer(progressPath(indicator.id, layer, periods), readProgress, signal);
      if (this.#key === key) this.#write(indicator, layer, periods, found);
    } catch (error) {
      if (signal.aborted) return;
      const again = el("button", "plain", { type: "button" }, texts.retry);
      again.addEventListener("click", () => void this.#load(indicator, layer, key));
      fill(this.#result, el("p", "", { role: "alert" }, error instanceof Error ? error.message : String(error)), again);
    } finally {
      if (!signal.aborted) progress.set("progress", false);
    }
  }

  #write(indicator: Indicator, layer: string, periods: string[], found: Progress | null): void {
    const known = (points: Point[]) => points.filter((point) => point.value !== null).length;
    if (!found || (known(found.level) < 2 && known(found.gap) < 2)) return fill(this.#result, el("p", "levelling-nothing", {}, words.progressNone));
    const { change } = found;
    const number_ = (value: number) => withUnit(signed(value, indicator.decimals), indicator.unit).trim();
    const fact = (term: string, detail: string | null, more: string | null = null) =>
      detail === null ? null : el("div", "", {}, el("dt", "", {}, term), el("dd", "", {}, detail, more !== null && el("span", "row-unit", {}, more)));
    const chart = (title: string, points: Point[]) =>
      el("figure", "", {}, el("figcaption", "", {}, title, el("span", "row-unit", {}, indicator.unit)), progressChart(points, words.chartOf(title, indicator.title, periods[0] ?? "", periods.at(-1) ?? ""), indicator.decimals));
    const limits = change.level?.lower != null && change.level.upper !== null ? words.limits(signed(change.level.lower, indicator.decimals), signed(change.level.upper, indicator.decimals)) : null;
    const line = change.convergence;
    fill(
      this.#result,
      el("div", "progress-charts", {}, chart(found.levelOf === null ? words.levelPooled : words.levelOf(found.levelOf), found.level), chart(found.gapIsOfResidents ? words.gap : words.gapOfAreas, found.gap)),
      el("h3", "", {}, words.change),
      el(
        "dl",
        "movers-facts",
        {},
        fact(words.level, change.level && number_(change.level.value), limits),
        fact(change.gap !== null && change.gap < 0 ? words.closed : words.grew, change.gap === null ? null : number_(change.gap)),
        fact(words.improved, change.shareImproved === null ? null : words.share(change.shareImproved)),
        fact(line ? words.convergence[convergenceOf(line)] : "", line && words.slope(signed(line.slope, 2), signed(line.lower, 2), signed(line.upper, 2))),
      ),
      el("div", "levelling-notes", {}, change.notTested && el("p", "", {}, words.overlapping), ...found.warnings.map((warning) => el("p", "", {}, warning))),
      el("a", "levelling-csv", { href: address(progressPath(indicator.id, layer, periods, ".csv")), download: true }, words.csv),
    );
  }
}

/** Which way the line goes, where its limits leave no doubt. */
function convergenceOf({ lower, upper }: { lower: number; upper: number }): "closing" | "opening" | "neither" {
  return upper < 0 ? "closing" : lower > 0 ? "opening" : "neither";
}

function signed(value: number, decimals: number): string {
  const size = decimal(Math.abs(value), decimals);
  return `${value < 0 ? "−" : "+"}${size}`;
}
