// The box that finds places: names, codes, postcodes, coordinates, and where the reader is. A combobox as WAI-ARIA has
// it: the focus stays in the box, the arrow keys move through the list.

import { Failure } from "./api.ts";
import { readCoordinates } from "./coordinates.ts";
import { el, fill, icon, icons } from "./element.ts";
import type { Page, Part } from "./page.ts";
import { fetchHits, fetchPartOfPostcode } from "./places.ts";
import type { Hit } from "./places.ts";
import { texts } from "./texts.ts";
import { goTo, goToPoint } from "./travel.ts";

const words = texts.find;

/** A pause in typing, after which the server is asked. */
const pause_ms = 120;

/** One line of the list. */
interface Option {
  name: string;
  detail: string;
  go(): Promise<void>;
}

export function findPart(page: Page): Part {
  const find = new Find(page);
  page.layout.stage.prepend(find.element);
  return { escape: () => find.close() };
}

class Find {
  readonly element: HTMLElement;
  readonly #page: Page;
  readonly #box = el("input", "find-box", {
    type: "text",
    role: "combobox",
    id: "find",
    "aria-label": words.label,
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": "find-list",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    placeholder: words.hint,
  });
  readonly #list = el("ul", "find-list", { id: "find-list", role: "listbox", "aria-label": words.results, hidden: true });
  readonly #said = el("p", "find-said", { hidden: true });
  readonly #clear: HTMLButtonElement;
  #options: Option[] = [];
  #active = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();

  constructor(page: Page) {
    this.#page = page;
    this.#clear = this.#button(words.clear, icons.close, () => {
      this.#box.value = "";
      this.#show([], null);
      this.#clear.hidden = true;
      this.#box.focus();
    });
    this.#clear.hidden = true;
    const here = this.#button(words.here, icons.here, () => this.#locate());
    this.element = el("search", "find", {}, icon(icons.find), this.#box, this.#clear, here, this.#list, this.#said);
    this.#box.addEventListener("input", () => this.#typed());
    this.#box.addEventListener("keydown", (e) => this.#pressed(e));
    this.#box.addEventListener("focus", () => this.#open(this.#options.length > 0));
    this.element.addEventListener("focusout", (e) => {
      if (!(e.relatedTarget instanceof Node && this.element.contains(e.relatedTarget))) this.close();
    });
  }

  /** Closes the list; true when it was open. */
  close(): boolean {
    const open = !this.#list.hidden;
    this.#open(false);
    this.#said.hidden = true;
    return open;
  }

  #button(label: string, drawing: string, press: () => void): HTMLButtonElement {
    const made = el("button", "find-button", { type: "button", "aria-label": label, title: label });
    made.append(icon(drawing));
    made.addEventListener("click", press);
    return made;
  }

  #typed(): void {
    clearTimeout(this.#timer);
    this.#asking.abort();
    const text = this.#box.value.trim();
    this.#clear.hidden = text === "";
    if (text === "") return this.#show([], null);
    this.#timer = setTimeout(() => void this.#search(text), pause_ms);
  }

  async #search(text: string): Promise<void> {
    const written = readCoordinates(text);
    if (written?.kind === "elsewhere") return this.#show([], words.elsewhere);
    if (written) {
      const place =
        written.kind === "degrees"
          ? `lon=${written.lon}&lat=${written.lat}`
          : `easting=${written.easting}&northing=${written.northing}`;
      return this.#show([{ name: text, detail: words.coordinates, go: () => this.#point(place) }], null);
    }
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const hits = await fetchHits(text, signal);
      if (signal.aborted) return;
      this.#show(hits.map((hit) => this.#option(hit)), hits.length === 0 ? words.none(text) : null);
      if (hits.length > 0) this.#page.announcer.say(words.found(hits.length));
    } catch (error) {
      if (!signal.aborted) this.#show([], error instanceof Failure ? error.message : words.failed);
    }
  }

  #option(hit: Hit): Option {
    if (hit.type === "area") {
      const layer = this.#page.shown?.layers.find((l) => l.id === hit.layer);
      const kind = texts.kinds[hit.layer.split("@")[0] ?? ""] ?? layer?.title ?? hit.layer;
      const former = hit.live ? null : words.formerly;
      const detail = [kind, hit.code, former].filter((part) => part !== null).join(" · ");
      return { name: hit.name, detail, go: () => goTo(this.#page, hit, hit.bbox) };
    }
    if (hit.type === "part")
      return { name: hit.name, detail: words.partOfPostcode(hit.postcodes), go: () => this.#part(hit.name) };
    const { at } = hit;
    return {
      name: hit.name,
      detail: hit.live ? words.postcode : words.terminated,
      go: async () => {
        if (at) await this.#point(`lon=${at.lon}&lat=${at.lat}`);
        else this.#say(words.noPosition(hit.name));
      },
    };
  }

  async #point(place: string): Promise<void> {
    const { layer } = this.#page.shown ?? {};
    if (!layer) return;
    const { areas } = await goToPoint(this.#page, place, layer);
    if (areas.length === 0) this.#say(words.noArea);
  }

  /** Goes to the area that holds most of the postcodes. */
  async #part(name: string): Promise<void> {
    const { layer } = this.#page.shown ?? {};
    const area = layer ? (await fetchPartOfPostcode(name, layer.id))[0] : undefined;
    if (area) await goTo(this.#page, area);
    else this.#say(words.noArea);
  }

  #locate(): void {
    if (!("geolocation" in navigator)) return this.#say(words.cannot);
    this.#say(words.locating);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.close();
        this.#try(() => this.#point(`lon=${coords.longitude.toFixed(6)}&lat=${coords.latitude.toFixed(6)}`));
      },
      () => this.#say(words.refused),
      { timeout: 15_000, maximumAge: 60_000 },
    );
  }

  #pressed(e: KeyboardEvent): void {
    const last = this.#options.length - 1;
    const moves: Record<string, number> = {
      ArrowDown: this.#active >= last ? 0 : this.#active + 1,
      ArrowUp: this.#active <= 0 ? last : this.#active - 1,
    };
    const to = moves[e.key];
    if (to !== undefined) {
      e.preventDefault();
      if (last < 0) return;
      this.#open(true);
      this.#activate(to);
    } else if (e.key === "Enter") {
      e.preventDefault();
      const option = this.#options[Math.max(0, this.#active)];
      if (option && !this.#list.hidden) this.#choose(option);
      else this.#typed();
    } else if (e.key === "Escape") {
      if (this.close()) e.preventDefault();
      else if (this.#box.value !== "") {
        e.preventDefault();
        this.#clear.click();
      }
    }
  }

  #choose(option: Option): void {
    this.#box.value = option.name;
    this.#clear.hidden = false;
    this.close();
    this.#try(() => option.go());
  }

  #try(go: () => Promise<void>): void {
    go().catch((error: unknown) => this.#say(error instanceof Failure ? error.message : words.failed));
  }

  #show(options: Option[], said: string | null): void {
    this.#options = options;
    this.#active = -1;
    fill(
      this.#list,
      ...options.map((option, i) => {
        const line = el(
          "li",
          "",
          { role: "option", id: `find-${i}`, "aria-selected": "false" },
          el("span", "find-name", {}, option.name),
          el("span", "find-detail", {}, option.detail),
        );
        // The box keeps the focus: a press that took it would close the list before the click.
        line.addEventListener("pointerdown", (e) => e.preventDefault());
        line.addEventListener("click", () => this.#choose(option));
        return line;
      }),
    );
    this.#box.removeAttribute("aria-activedescendant");
    this.#open(options.length > 0);
    this.#said.hidden = said === null;
    if (said !== null) this.#say(said);
  }

  #say(text: string): void {
    this.#said.textContent = text;
    this.#said.hidden = false;
    this.#page.announcer.say(text);
  }

  #open(open: boolean): void {
    const opened = open && this.#options.length > 0;
    this.#list.hidden = !opened;
    this.#box.setAttribute("aria-expanded", String(opened));
    if (!opened) this.#activate(-1);
  }

  #activate(to: number): void {
    this.#active = to;
    [...this.#list.children].forEach((line, i) => line.setAttribute("aria-selected", String(i === to)));
    if (to < 0) this.#box.removeAttribute("aria-activedescendant");
    else {
      this.#box.setAttribute("aria-activedescendant", `find-${to}`);
      this.#list.children[to]?.scrollIntoView({ block: "nearest" });
    }
  }
}
