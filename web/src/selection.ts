// The selected area: a click selects, a second click or Escape clears, the panel tells what the area is.

import type { Area } from "./answers.ts";
import { AreaMore } from "./area-more.ts";
import { fetchArea } from "./api.ts";
import type { Named } from "./map.ts";
import { drawn } from "./page.ts";
import type { Page, Part, Shown } from "./page.ts";
import { Panel, valueText } from "./panel.ts";
import { texts } from "./texts.ts";
import { goTo } from "./travel.ts";

export function selectionPart(page: Page): Part {
  return new Selection(page);
}

class Selection implements Part {
  readonly #page: Page;
  readonly #panel = new Panel(
    () => this.#select(null),
    (area) => void goTo(this.#page, area),
  );
  readonly #more: AreaMore;
  /** What the server said of the selected area. */
  #about: Area | null = null;
  /** The area that the server was asked about last. */
  #askedOf: string | null = null;
  #asking = new AbortController();
  #announced: string | null = null;
  /** An area that the address named without telling where the map looks: the map goes there. */
  #sought: string | null;

  constructor(page: Page) {
    this.#page = page;
    const { selected, view } = page.store.now;
    this.#announced = selected;
    this.#sought = view === null ? selected : null;
    this.#more = new AreaMore(page);
    this.#panel.element.append(this.#more.element);
    page.layout.panel.append(this.#panel.element);
  }

  show(shown: Shown): void {
    const { layer, layers } = shown;
    const { indicator, values } = drawn(shown);
    const code = shown.state.selected;
    this.#announce(code);
    if (!layer || code === null) {
      this.#asking.abort();
      this.#askedOf = null;
      this.#page.layout.panelShown(false);
      this.#more.hide();
      return this.#panel.hide();
    }
    const about = this.#about?.code === code ? this.#about : null;
    const area = values?.areas.get(code) ?? null;
    const name = about?.name ?? this.#page.nameOf(code);
    this.#panel.show({ code, name, about, area, indicator, layer, layers, values });
    this.#page.layout.panelShown(true);
    // A code that this map does not have is said where the value would stand; the server need not be asked of it.
    const known = values ? area !== null : (this.#page.map?.nameOf(code) ?? null) !== null;
    if (known) this.#more.show(shown, code);
    else this.#more.hide();
    if (!about && known && code !== this.#askedOf) {
      this.#askedOf = code;
      void this.#load(code);
    }
  }

  click(area: Named | null): boolean {
    this.#select(area?.code === this.#page.store.now.selected ? null : (area?.code ?? null));
    return true;
  }

  escape(): boolean {
    if (this.#page.store.now.selected === null) return false;
    this.#select(null);
    return true;
  }

  #select(code: string | null): void {
    this.#page.store.change({ selected: code });
  }

  /** Goes to the area that the address named, unless the reader has gone elsewhere meanwhile. */
  #seek({ code, bbox }: Area): void {
    if (code !== this.#sought) return;
    this.#sought = null;
    if (bbox && this.#page.map?.isWhole) this.#page.map.fit(bbox, "at once");
  }

  #announce(code: string | null): void {
    if (code === this.#announced) return;
    this.#announced = code;
    const { values, indicator } = this.#page.shown ? drawn(this.#page.shown) : { values: null, indicator: null };
    const value = code === null ? "" : valueText(values?.areas.get(code) ?? null, indicator);
    this.#page.announcer.say(
      code === null ? texts.announceCleared : texts.announceSelected(this.#page.nameOf(code), value),
    );
  }

  /** What the area is; the panel does without where this does not come. */
  async #load(code: string): Promise<void> {
    this.#asking.abort();
    this.#asking = new AbortController();
    try {
      this.#about = await fetchArea(code, this.#asking.signal);
      this.#seek(this.#about);
      if (this.#page.shown?.state.selected === code) this.show(this.#page.shown);
    } catch {
      this.#about = null;
    }
  }
}
