// What is said while the map is not as it should be: work under way, nothing to show, or a failure with a way out.

import { el, fill } from "./element.ts";
import { texts } from "./texts.ts";

/** Work shorter than this is not announced: a bar that flashes is worse than none. */
const patience_ms = 300;

/** A thin bar while something is on its way. */
export class Progress {
  readonly element = el("div", "progress", { hidden: true, role: "progressbar", "aria-label": texts.loading });
  readonly #underway = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  set(what: string, busy: boolean): void {
    if (busy) this.#underway.add(what);
    else this.#underway.delete(what);
    if (this.#underway.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.element.hidden = true;
    } else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.element.hidden = false;
      }, patience_ms);
    }
  }
}

/** A card over the map. */
export class Notice {
  readonly element = el("div", "notice", { hidden: true, role: "alert" });
  /** What the notice is about, so that only the part which raised it takes it down. */
  #about: string | null = null;

  show(about: string, title: string, detail: string, retry: (() => void) | null): void {
    this.#about = about;
    const button = el("button", "plain", { type: "button" }, texts.retry);
    button.addEventListener("click", () => {
      this.clear(about);
      retry?.();
    });
    fill(
      this.element,
      el("p", "notice-title", {}, title),
      detail ? el("p", "", {}, detail) : null,
      retry ? button : null,
    );
    this.element.hidden = false;
  }

  clear(about: string): void {
    if (this.#about !== about) return;
    this.#about = null;
    this.element.hidden = true;
  }
}

/** Says things to a screen reader. */
export class Announcer {
  readonly element = el("div", "unseen", { role: "status", "aria-live": "polite" });

  say(text: string): void {
    this.element.textContent = text;
  }
}
