// A table of the reader's own: dropped on the page or picked, matched by the server, drawn for this visit, and stored
// when the reader has a token.

import type { Indicator, Layer } from "./answers.ts";
import { Failure } from "./api.ts";
import { el, fill, icon, icons } from "./element.ts";
import { largestTable, preview, store } from "./loaded.ts";
import type { Preview } from "./loaded.ts";
import type { Page, Part } from "./page.ts";
import { reportView } from "./report-view.ts";
import { texts } from "./texts.ts";

const words = texts.load;

export function loadPart(page: Page): Part {
  const panel = new LoadPanel(page);
  const open = el("button", "plain quiet load-open", { type: "button" }, words.open);
  open.prepend(icon(icons.load));
  open.addEventListener("click", () => panel.open());
  page.layout.side.append(open);
  catchDrops(page, (file) => {
    panel.open();
    void panel.read(file);
  });
  return {
    show: () => panel.keepOver(),
    click: () => {
      panel.close();
      return false;
    },
    escape: () => panel.close(),
  };
}

/** A file dropped anywhere on the page is taken; without this the browser would go to it. */
function catchDrops(page: Page, take: (file: File) => void): void {
  const veil = el("div", "drop-veil", { hidden: true }, el("p", "", {}, words.dropNow));
  page.layout.stage.append(veil);
  const holdsFile = (e: DragEvent) => e.dataTransfer?.types.includes("Files") === true;
  document.addEventListener("dragover", (e) => {
    if (!holdsFile(e)) return;
    e.preventDefault();
    veil.hidden = false;
  });
  document.addEventListener("dragleave", (e) => {
    if (e.relatedTarget === null) veil.hidden = true;
  });
  document.addEventListener("drop", (e) => {
    if (!holdsFile(e)) return;
    e.preventDefault();
    veil.hidden = true;
    const file = e.dataTransfer?.files[0];
    if (file) take(file);
  });
}

class LoadPanel {
  readonly element: HTMLElement;
  readonly #page: Page;
  readonly #pick = el("input", "", { type: "file", accept: ".csv,text/csv", id: "load-file" });
  readonly #result = el("div", "load-result");
  readonly #head: HTMLHeadingElement;
  #asking = new AbortController();

  constructor(page: Page) {
    this.#page = page;
    const close = el("button", "round", { type: "button", "aria-label": texts.close, title: texts.close });
    close.append(icon(icons.close));
    close.addEventListener("click", () => this.close());
    this.#pick.addEventListener("change", () => {
      const file = this.#pick.files?.[0];
      if (file) void this.read(file);
    });
    this.#head = el("h2", "", { tabindex: -1 }, words.title);
    this.element = el(
      "aside",
      "panel load",
      { "aria-label": words.title },
      close,
      this.#head,
      el("p", "panel-note", {}, words.about),
      el("div", "load-drop", {}, el("label", "", { for: "load-file" }, words.choose), this.#pick, el("p", "panel-note", {}, words.drop)),
      this.#result,
    );
  }

  open(): void {
    if (!this.element.isConnected) this.#page.layout.panel.append(this.element);
    this.keepOver();
    this.#head.focus();
  }

  /** Closes; true when it was open. */
  close(): boolean {
    if (!this.element.isConnected) return false;
    this.element.remove();
    this.#page.layout.panelShown(this.#page.store.now.selected !== null);
    return true;
  }

  /** Stays over the other panels while it is open. */
  keepOver(): void {
    if (this.element.isConnected) this.#page.layout.panelShown(true);
  }

  async read(file: File): Promise<void> {
    const say = (text: string) => fill(this.#result, el("p", "load-said", { role: "alert" }, text));
    if (file.size > largestTable) return say(words.tooLarge(largestTable / 1024 / 1024));
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    fill(this.#result, el("p", "panel-note", { role: "status" }, words.reading(file.name)));
    this.#page.progress.set("table", true);
    try {
      const read = await preview(file, signal);
      this.#page.load(read.indicators);
      this.#draw(read);
      this.#tell(file, read);
      this.#page.announcer.say(words.announce(file.name, read.report.rows));
    } catch (error) {
      if (!signal.aborted) say(`${words.failed(file.name)}: ${said(error)}`);
    } finally {
      this.#page.progress.set("table", false);
      // The same file picked again is a change too.
      this.#pick.value = "";
    }
  }

  /** Puts the table's first indicator on the map. */
  #draw(read: Preview): void {
    if (read.indicator === null || read.layer === null) return;
    this.#page.store.change({ indicator: read.indicator, layer: read.layer, period: null, selected: null, overlay: null });
  }

  #tell(file: File, { report, indicators, layer }: Preview): void {
    fill(
      this.#result,
      report.layer === null ? el("p", "load-said", {}, words.noLayer) : null,
      indicators.length > 1 ? this.#choice(indicators) : null,
      reportView(report, this.#titleOf(layer)),
      this.#storing(file, indicators),
    );
  }

  #titleOf(layer: string | null): string | null {
    return this.#page.shown?.layers.find((l: Layer) => l.id === layer)?.title ?? null;
  }

  #choice(indicators: Indicator[]): HTMLElement {
    const select = el(
      "select",
      "",
      { id: "load-indicator" },
      ...indicators.map((i) => el("option", "", { value: i.id }, i.title)),
    );
    select.value = this.#page.store.now.indicator ?? "";
    select.addEventListener("change", () => this.#page.store.change({ indicator: select.value, period: null }));
    return el("div", "picker", {}, el("label", "", { for: "load-indicator" }, words.indicator), select);
  }

  /** The form that stores the table, for those who may. */
  #storing(file: File, indicators: Indicator[]): HTMLElement {
    const token = el("input", "", { type: "password", id: "load-token", autocomplete: "off", required: true });
    const told = el("p", "panel-note", { role: "status" });
    const button = el("button", "plain", { type: "submit" }, words.store);
    const form = el(
      "form",
      "load-store",
      {},
      el("label", "", { for: "load-token" }, words.token),
      token,
      el("p", "panel-note", {}, words.tokenAbout),
      button,
      told,
    );
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      button.disabled = true;
      told.textContent = words.storing;
      void this.#store(file, token.value.trim(), indicators)
        .catch((error: unknown) => {
          told.textContent = `${words.notStored}: ${said(error)}`;
        })
        .finally(() => {
          button.disabled = false;
        });
    });
    return form;
  }

  /** Stores the table, tells what became of it, and shows the server's own indicator in the place of the visit's. */
  async #store(file: File, token: string, indicators: Indicator[]): Promise<void> {
    const { ids, report } = await store(file, token, AbortSignal.timeout(300_000));
    const said = el("p", "load-stored", { role: "status", tabindex: -1 }, words.stored);
    fill(this.#result, said, reportView(report, this.#titleOf(report.layer)));
    said.focus();
    await this.#page.refresh();
    if (ids[0] === undefined) return;
    this.#page.unload(indicators);
    this.#page.store.change({ indicator: ids[0], period: null });
  }
}

function said(error: unknown): string {
  return error instanceof Failure ? error.message : String(error);
}
