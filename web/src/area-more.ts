// What the panel of an area tells beyond its value: its ground, its neighbours, its history, its profile. Each comes when
// it comes; what does not come is said where it would stand.

import { Failure } from "./api.ts";
import { el, fill } from "./element.ts";
import { counterpart } from "./footprint.ts";
import { historyView, neighboursView, sharedView } from "./ground.ts";
import type { Page, Shown } from "./page.ts";
import { fetchHistory, fetchNeighbours, fetchShared } from "./places.ts";
import type { Listed } from "./places.ts";
import { fetchProfile } from "./profile.ts";
import { profileView } from "./profile-view.ts";
import { texts } from "./texts.ts";
import { goTo } from "./travel.ts";

/** Work shorter than this is not announced. */
const patience_ms = 300;

export class AreaMore {
  readonly element = el("div", "panel-more");
  readonly #page: Page;
  #shownOf = "";
  #asking = new AbortController();

  constructor(page: Page) {
    this.#page = page;
  }

  hide(): void {
    this.#asking.abort();
    this.#shownOf = "";
    this.element.replaceChildren();
  }

  /** Shows an area of the layer that is shown; quick where it is the same as before. */
  show(shown: Shown, code: string): void {
    const { layer, layers, overlay, indicators } = shown;
    if (!layer) return;
    const other = overlay ?? counterpart(layer, layers);
    // An indicator more or less is another profile.
    const key = [code, layer.id, other?.id, indicators.length].join("|");
    if (key === this.#shownOf) return;
    this.hide();
    this.#shownOf = key;
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const choose = (area: Listed) => void goTo(this.#page, area);
    this.#section(async () => (other ? sharedView(await fetchShared(code, layer.id, other.id, signal), other.title, choose) : null));
    this.#section(async () => neighboursView(await fetchNeighbours(code, layer.id, signal), choose));
    this.#section(async () =>
      profileView(await fetchProfile(code, layer.id, signal), (indicator) =>
        this.#page.store.change({ indicator, period: null }),
      ),
    );
    this.#section(async () => historyView(await fetchHistory(code, signal), code));
  }

  /** A place that is filled when its content has come. */
  #section(make: () => Promise<HTMLElement | null>): void {
    const place = el("div", "panel-section", { hidden: true });
    this.element.append(place);
    const { signal } = this.#asking;
    const waiting = setTimeout(() => {
      fill(place, el("p", "panel-note", {}, texts.loading));
      place.hidden = false;
    }, patience_ms);
    const attempt = async () => {
      try {
        const made = await make();
        if (signal.aborted) return;
        fill(place, made);
        place.hidden = made === null;
      } catch (error) {
        if (signal.aborted) return;
        const again = el("button", "text-link", { type: "button" }, texts.retry);
        again.addEventListener("click", () => void attempt());
        fill(place, el("p", "panel-note", {}, error instanceof Failure ? error.message : texts.offline, " "), again);
        place.hidden = false;
      } finally {
        clearTimeout(waiting);
      }
    };
    void attempt();
  }
}
