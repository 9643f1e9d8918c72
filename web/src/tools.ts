// The tools below the map: one is open at a time, and each is loaded when it is first opened.

import { el, fill, icon, icons } from "./element.ts";
import type { Page, Part, Shown } from "./page.ts";
import { texts } from "./texts.ts";
import { toolTexts } from "./texts-tools.ts";

/** A tool that has been loaded; it is shown what is shown for as long as it is open. */
export interface Tool extends Part {
  element: HTMLElement;
  /** Undoes what it did to the map. */
  closed?(): void;
}

const kinds: Record<string, { label: string; load: () => Promise<(page: Page) => Tool> }> = {
  table: { label: toolTexts.table, load: async () => (await import("./table.ts")).tableTool },
  compare: { label: toolTexts.compare, load: async () => (await import("./compare.ts")).compareTool },
  scatter: { label: toolTexts.scatter, load: async () => (await import("./scatter.ts")).scatterTool },
  levelling: { label: toolTexts.levelling, load: async () => (await import("./levelling.ts")).levellingTool },
  take: { label: toolTexts.takeAway, load: async () => (await import("./take.ts")).takeTool },
};

export function toolsPart(page: Page): Part {
  return new Tools(page);
}

class Tools implements Part {
  readonly #page: Page;
  readonly #dock = el("section", "dock", { id: "dock", tabindex: -1 });
  readonly #buttons = new Map<string, HTMLButtonElement>();
  readonly #loaded = new Map<string, Tool>();
  #open: string | null = null;
  #hasShown = false;
  /** The layer whose names have come. */
  #named: string | null = null;

  constructor(page: Page) {
    this.#page = page;
    this.#dock.hidden = true;
    for (const [id, { label }] of Object.entries(kinds)) {
      const button = el("button", "tool", { type: "button", "aria-controls": "dock", "aria-expanded": "false" }, label);
      button.addEventListener("click", () => page.store.change({ tool: this.#open === id ? null : id }));
      this.#buttons.set(id, button);
    }
    page.layout.side.append(el("nav", "tools", { "aria-label": toolTexts.tools }, ...this.#buttons.values()));
    page.layout.stage.append(this.#dock);
  }

  show(shown: Shown): void {
    const asked = shown.state.tool;
    const id = asked !== null && asked in kinds ? asked : null;
    if (id !== this.#open) this.#turn(id);
    this.#hasShown = true;
    void this.#showTool(shown);
  }

  /** Tools list areas, so they are shown once the names of the layer are there. */
  async #showTool(shown: Shown): Promise<void> {
    if (this.#open === null || !shown.layer) return;
    if (this.#named !== shown.layer.id) {
      await this.#page.loadNames(shown.layer.id);
      this.#named = shown.layer.id;
    }
    if (this.#page.shown) this.#tool?.show?.(this.#page.shown);
  }

  point: NonNullable<Part["point"]> = (area, at) => this.#tool?.point?.(area, at);

  escape(): boolean {
    if (this.#tool?.escape?.()) return true;
    if (this.#open === null || !this.#dock.contains(document.activeElement)) return false;
    this.#close();
    return true;
  }

  get #tool(): Tool | undefined {
    return this.#open === null ? undefined : this.#loaded.get(this.#open);
  }

  #close(): void {
    const from = this.#open === null ? undefined : this.#buttons.get(this.#open);
    this.#page.store.change({ tool: null });
    from?.focus();
  }

  #turn(id: string | null): void {
    this.#tool?.closed?.();
    // A link tells where the map looks in the room that its tool leaves; a reader who opens one wants to see the same places.
    if (this.#hasShown) this.#page.map?.hold();
    this.#open = id;
    for (const [name, button] of this.#buttons) button.setAttribute("aria-expanded", String(name === id));
    this.#dock.hidden = id === null;
    this.#page.layout.stage.classList.toggle("with-dock", id !== null);
    const kind = id === null ? undefined : kinds[id];
    if (id === null || !kind) return;
    this.#dock.setAttribute("aria-label", kind.label);
    const close = el("button", "round", { type: "button", "aria-label": toolTexts.closeTool, title: toolTexts.closeTool });
    close.append(icon(icons.close));
    close.addEventListener("click", () => this.#close());
    const body = el("div", "dock-body", { tabindex: 0 }, texts.loading);
    fill(this.#dock, el("header", "dock-head", {}, el("h2", "", {}, kind.label), close), body);
    void this.#load(id, body);
  }

  async #load(id: string, body: HTMLElement): Promise<void> {
    const { progress, notice } = this.#page;
    let tool = this.#loaded.get(id);
    if (!tool) {
      progress.set("tool", true);
      try {
        const make = await kinds[id]?.load();
        tool = this.#loaded.get(id) ?? make?.(this.#page);
      } catch {
        notice.show("tool", toolTexts.toolFailed, texts.offline, () => void this.#load(id, body));
        return;
      } finally {
        progress.set("tool", false);
      }
      if (!tool) return;
      this.#loaded.set(id, tool);
    }
    if (this.#open !== id) return;
    fill(body, tool.element);
    if (this.#page.shown) await this.#showTool(this.#page.shown);
  }
}
