// Time: a slider over the periods of the indicator, and play. Colours mean the same in each period unless the reader
// wants the classes of each period's own.

import { el, fill, icon, icons } from "./element.ts";
import { isLoaded } from "./loaded.ts";
import type { Page, Part, Shown } from "./page.ts";
import { toolTexts } from "./texts-tools.ts";

/** How long a period stands while time is played, once its values are there. */
const stand_ms = 900;

export function timePart(page: Page): Part {
  return new Time(page);
}

class Time implements Part {
  readonly #page: Page;
  readonly #bar: HTMLElement;
  readonly #slider = el("input", "", { type: "range", min: 0, step: 1, id: "time", "aria-label": toolTexts.time });
  readonly #said = el("output", "time-said", { for: "time" });
  readonly #button = el("button", "round", { type: "button" });
  readonly #same = el("input", "", { type: "checkbox", id: "same-classes" });
  #periods: string[] = [];
  #playing = false;
  #next: ReturnType<typeof setTimeout> | undefined;

  constructor(page: Page) {
    this.#page = page;
    const same = el("label", "time-same", { for: "same-classes" }, this.#same, toolTexts.sameClasses);
    this.#bar = el("div", "time", { role: "group", "aria-label": toolTexts.time });
    this.#bar.append(this.#button, el("div", "time-line", {}, this.#slider, this.#said), same);
    this.#bar.hidden = true;
    page.layout.stage.append(this.#bar);
    new ResizeObserver(() => page.map?.clearBelow(this.#bar.clientHeight)).observe(this.#bar);
    this.#slider.addEventListener("input", () => {
      this.#play(false);
      this.#go(Number(this.#slider.value));
    });
    this.#button.addEventListener("click", () => this.#play(!this.#playing));
    this.#same.addEventListener("change", () =>
      page.store.change({ classesOf: this.#same.checked ? null : "period" }),
    );
    this.#play(false);
  }

  show({ indicator, period, values, state, second, painted }: Shown): void {
    this.#periods = indicator?.periods ?? [];
    this.#bar.hidden = this.#periods.length < 2 || painted !== null;
    if (this.#bar.hidden) return this.#play(false);
    const at = period === null ? this.#periods.length - 1 : this.#periods.indexOf(period);
    this.#slider.max = String(this.#periods.length - 1);
    this.#slider.value = String(at);
    const name = this.#periods[at] ?? "";
    this.#said.textContent = name;
    this.#slider.setAttribute("aria-valuetext", toolTexts.period(name));
    this.#same.checked = state.classesOf === null;
    // Two measures, and tables of the reader's own, have classes of their own.
    this.#same.disabled = second !== null || (indicator !== null && isLoaded(indicator.id));
    // The next period waits until this one is drawn.
    if (this.#playing && values !== null && this.#next === undefined) {
      this.#next = setTimeout(() => {
        this.#next = undefined;
        if (at + 1 < this.#periods.length) this.#go(at + 1);
        else this.#play(false);
      }, stand_ms);
    }
  }

  escape(): boolean {
    if (!this.#playing) return false;
    this.#play(false);
    return true;
  }

  #go(at: number): void {
    // A step of the slider is no step of Back: there would be too many.
    this.#page.store.change({ period: this.#periods[at] ?? null }, "quiet");
  }

  #play(playing: boolean): void {
    const starts = playing && !this.#playing;
    this.#playing = playing;
    clearTimeout(this.#next);
    this.#next = undefined;
    const label = playing ? toolTexts.pause : toolTexts.play;
    this.#button.setAttribute("aria-label", label);
    this.#button.title = label;
    fill(this.#button, icon(playing ? icons.pause : icons.play));
    if (!starts) return;
    const last = Number(this.#slider.value) >= this.#periods.length - 1;
    if (last) this.#go(0);
    else if (this.#page.shown) this.show(this.#page.shown);
  }
}
