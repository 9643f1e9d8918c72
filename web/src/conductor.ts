// Keeps what is shown in step with the state: loads the catalogues, asks for values, tells the page.

import type { Indicator, Layer, Painted, Values } from "./answers.ts";
import { Failure, fetchIndicators, fetchLayers, trustNoKept } from "./api.ts";
import { choose } from "./choice.ts";
import type { Page, Shown } from "./page.ts";
import { questionOf } from "./question.ts";
import type { Question } from "./question.ts";
import type { View } from "./state.ts";
import { texts } from "./texts.ts";
import { Failed, ValuesShelf } from "./values.ts";

export class Conductor {
  readonly #page: Page;
  readonly #shelf = new ValuesShelf();
  #layers: Layer[] = [];
  #indicators: Indicator[] = [];
  #values: Values | null = null;
  #painted: Painted | null = null;
  #asked = "";
  /** A part that changes what is shown while it is being shown is heard when all parts have been told. */
  #isShowing = false;
  #showAgain = false;

  constructor(page: Page) {
    this.#page = page;
  }

  start(): void {
    this.#page.refresh = () => {
      trustNoKept();
      this.#shelf.forget();
      return this.#loadCatalogues();
    };
    this.#page.paint = (painted) => {
      if (painted === this.#painted) return;
      this.#painted = painted;
      this.#sync();
    };
    this.#page.store.watch((now, before) => {
      if (now.view && now.view !== before.view) this.#look(now.view);
      this.#sync();
    });
    void this.#loadCatalogues();
  }

  /** The map is not told to go where it says that it is. */
  #look(view: View): void {
    if (this.#page.map && this.#page.map.reported !== view) this.#page.map.look(view);
  }

  async #loadCatalogues(): Promise<void> {
    const { progress, notice } = this.#page;
    const again = () => void this.#loadCatalogues();
    progress.set("catalogues", true);
    try {
      [this.#layers, this.#indicators] = await Promise.all([fetchLayers(), fetchIndicators()]);
    } catch (error) {
      notice.show("start", texts.startFailed, said(error), again);
      return;
    } finally {
      progress.set("catalogues", false);
    }
    if (this.#layers.length === 0) notice.show("start", texts.noLayers, texts.noLayersDetail, again);
    else if (this.#indicators.length === 0) notice.show("start", texts.noIndicators, texts.noIndicatorsDetail, again);
    this.#sync();
  }

  /** Makes every part show what the state says. */
  #sync(): void {
    if (this.#layers.length === 0) return;
    if (this.#isShowing) {
      this.#showAgain = true;
      return;
    }
    const state = this.#page.store.now;
    const indicators = [...this.#indicators, ...this.#page.loaded];
    const choice = choose(state, this.#layers, indicators);
    const question = questionOf(choice, state);
    // What was painted on another layer is of no area of this one.
    const painted = this.#painted?.layer === choice.layer?.id ? this.#painted : null;
    const shown: Shown = { state, layers: this.#layers, indicators, ...choice, question, values: this.#values, painted };
    if (choice.layer && choice.indicator) document.title = texts.pageTitle(choice.indicator.title, choice.layer.title);
    const asked = JSON.stringify([choice.layer?.id, question]);
    if (asked !== this.#asked) {
      this.#asked = asked;
      this.#values = question ? this.#shelf.at(question) : null;
      shown.values = this.#values;
      this.#page.notice.clear("values");
      if (question && !this.#values) void this.#load(question);
      else {
        this.#shelf.rest();
        this.#page.progress.set("values", false);
      }
    }
    this.#isShowing = true;
    try {
      this.#page.show(shown);
    } finally {
      this.#isShowing = false;
    }
    if (!this.#showAgain) return;
    this.#showAgain = false;
    this.#sync();
  }

  async #load(question: Question): Promise<void> {
    const { notice, progress } = this.#page;
    progress.set("values", true);
    const answered = await this.#shelf.load(question);
    if (answered === null) return;
    progress.set("values", false);
    if (answered instanceof Failed) {
      notice.show("values", texts.valuesFailed, said(answered.error), () => void this.#load(question));
      return;
    }
    this.#values = answered;
    this.#sync();
    const { layer, indicator } = this.#page.shown ?? {};
    if (!layer || !indicator) return;
    this.#page.announcer.say(texts.announceShown(indicator.title, layer.title));
    if (![...answered.areas.values()].some((a) => a.value !== null))
      notice.show("values", texts.noValues(indicator.title, layer.title), "", null);
  }
}

function said(error: unknown): string {
  return error instanceof Failure ? error.message : String(error);
}
