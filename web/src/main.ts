// The page: loads the catalogues, lays out the parts, and keeps them in step with the state.

import type { Area, Indicator, Layer, Values } from "./answers.ts";
import { Failure, fetchArea, fetchIndicators, fetchLayers, fetchValues } from "./api.ts";
import { choose, layerFor } from "./choice.ts";
import type { Choice } from "./choice.ts";
import { layOut } from "./layout.ts";
import { Legend } from "./legend.ts";
import { AreaMap } from "./map.ts";
import type { Named } from "./map.ts";
import { Announcer, Notice, Progress } from "./notice.ts";
import { Panel, valueText } from "./panel.ts";
import { Pickers } from "./pickers.ts";
import type { Chosen } from "./pickers.ts";
import { PointerNote } from "./pointer.ts";
import { noOverlay, Store } from "./state.ts";
import type { View } from "./state.ts";
import { texts } from "./texts.ts";

/** How many answers of values are kept, so that going back and forth asks nothing twice. */
const valuesKept = 12;

class Page {
  readonly #store = new Store();
  readonly #progress = new Progress();
  readonly #notice = new Notice();
  readonly #announcer = new Announcer();
  readonly #note = new PointerNote();
  readonly #legend = new Legend((litClass) => this.#map?.light(litClass));
  readonly #panel = new Panel(() => this.#select(null));
  readonly #pickers = new Pickers((chosen) => this.#pick(chosen));
  readonly #layout = layOut(
    {
      pickers: this.#pickers.element,
      legend: this.#legend.element,
      ramp: this.#legend.ramp,
      panel: this.#panel.element,
      overMap: [this.#progress.element, this.#note.element, this.#notice.element],
      announcer: this.#announcer.element,
    },
    {
      zoom: (steps) => this.#map?.zoomBy(steps),
      showAll: () => this.#map?.showAll(),
    },
  );
  #map: AreaMap | null = null;
  #layers: Layer[] = [];
  #indicators: Indicator[] = [];
  #choice: Choice = { layer: null, indicator: null, period: null, overlay: null };
  #values: Values | null = null;
  #valuesKey = "";
  readonly #known = new Map<string, Values>();
  #asking = new AbortController();
  #askingArea = new AbortController();
  /** Names that the tiles told, so that a panel need not wait for the server to say its own. */
  readonly #names = new Map<string, string>();
  /** What the server said of the chosen area. */
  #about: Area | null = null;
  /** The view that the map itself reported last: it must not be told to go where it is. */
  #movedTo: View | null = null;
  /** The area that the server was asked about last. */
  #askedOf: string | null = null;

  start(): void {
    this.#startMap();
    this.#store.watch((now, before) => {
      if (now.view && before.view && now.view !== before.view && this.#movedTo !== now.view) this.#map?.look(now.view);
      this.#sync();
    });
    document.addEventListener("keydown", (e) => {
      if (e.key !== "Escape" || e.defaultPrevented) return;
      if (!this.#legend.release()) this.#select(null);
    });
    void this.#loadCatalogues();
  }

  #startMap(): void {
    try {
      this.#map = new AreaMap(this.#layout.map, this.#store.now.view, {
        point: (area, at) => this.#point(area, at),
        choose: (area) => this.#select(area),
        moved: (view) => {
          this.#movedTo = view;
          this.#store.change({ view }, "quiet");
        },
        busy: (loading) => this.#progress.set("tiles", loading),
        failed: () => this.#notice.show("tiles", texts.tilesFailed, texts.offline, () => location.reload()),
      });
    } catch {
      this.#notice.show("webgl", texts.noWebGl, texts.noWebGlDetail, null);
      return;
    }
    const canvas = this.#map.canvas;
    canvas.setAttribute("aria-label", `${texts.map}. ${texts.mapHelp}`);
    canvas.addEventListener("focus", () => {
      const byKeyboard = canvas.matches(":focus-visible");
      this.#layout.cross.hidden = !byKeyboard;
      this.#map?.cross(byKeyboard);
    });
    canvas.addEventListener("blur", () => {
      this.#layout.cross.hidden = true;
      this.#map?.cross(false);
    });
  }

  async #loadCatalogues(): Promise<void> {
    this.#progress.set("catalogues", true);
    try {
      [this.#layers, this.#indicators] = await Promise.all([fetchLayers(), fetchIndicators()]);
    } catch (error) {
      this.#notice.show("start", texts.startFailed, said(error), () => void this.#loadCatalogues());
      return;
    } finally {
      this.#progress.set("catalogues", false);
    }
    const again = () => void this.#loadCatalogues();
    if (this.#layers.length === 0) this.#notice.show("start", texts.noLayers, texts.noLayersDetail, again);
    else if (this.#indicators.length === 0) this.#notice.show("start", texts.noIndicators, texts.noIndicatorsDetail, again);
    this.#sync();
  }

  /** Makes every part show what the state says. */
  #sync(): void {
    if (this.#layers.length === 0) return;
    this.#choice = choose(this.#store.now, this.#layers, this.#indicators);
    const { layer, indicator, overlay } = this.#choice;
    const period = this.#choice.period ?? indicator?.periods.at(-1) ?? null;
    this.#pickers.show({ layers: this.#layers, indicators: this.#indicators, layer, indicator, period, overlay });
    if (!layer) return;
    const land = this.#layers.find((l) => l.kind === "ctry" && l.current) ?? null;
    void this.#map?.show(layer, overlay, land);
    if (indicator) document.title = texts.pageTitle(indicator.title, layer.title);
    const key = [layer.id, indicator?.id, this.#choice.period].join("|");
    if (key !== this.#valuesKey) {
      this.#valuesKey = key;
      this.#values = null;
      this.#note.hide();
      void this.#loadValues(key, layer, indicator);
    }
    void this.#map?.choose(this.#store.now.selected);
    this.#showPanel();
  }

  async #loadValues(key: string, layer: Layer, indicator: Indicator | null): Promise<void> {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.#notice.clear("values");
    const known = this.#known.get(key);
    if (known || !indicator) {
      this.#progress.set("values", false);
      return this.#showValues(indicator, known ?? null);
    }
    // The title changes at once; what belonged to another layer or indicator is taken away.
    this.#legend.show(indicator, null);
    this.#progress.set("values", true);
    try {
      const values = await fetchValues(layer.id, indicator.id, this.#choice.period, signal);
      this.#known.set(key, values);
      const oldest = this.#known.keys().next().value;
      if (this.#known.size > valuesKept && oldest !== undefined) this.#known.delete(oldest);
      this.#progress.set("values", false);
      this.#showValues(indicator, values);
      this.#announcer.say(texts.announceShown(indicator.title, layer.title));
    } catch (error) {
      if (signal.aborted) return;
      this.#progress.set("values", false);
      this.#showValues(indicator, null);
      this.#notice.show("values", texts.valuesFailed, said(error), () => void this.#loadValues(key, layer, indicator));
    }
  }

  #showValues(indicator: Indicator | null, values: Values | null): void {
    this.#values = values;
    this.#legend.show(indicator, values);
    void this.#map?.colour(values);
    this.#showPanel();
    const layer = this.#choice.layer;
    if (indicator && layer && values && ![...values.areas.values()].some((a) => a.value !== null))
      this.#notice.show("values", texts.noValues(indicator.title, layer.title), "", null);
  }

  #showPanel(): void {
    const { layer, indicator } = this.#choice;
    const code = this.#store.now.selected;
    if (!layer || code === null) {
      this.#askingArea.abort();
      this.#askedOf = null;
      this.#layout.panelShown(false);
      return this.#panel.hide();
    }
    const about = this.#about?.code === code ? this.#about : null;
    const area = this.#values?.areas.get(code) ?? null;
    const name = about?.name ?? this.#nameOf(code);
    this.#panel.show({ code, name, about, area, indicator, layer, layers: this.#layers, values: this.#values });
    this.#layout.panelShown(true);
    // A code that this map does not have is said where the value would stand; the server need not be asked of it.
    const known = this.#values ? area !== null : this.#names.has(code);
    if (!about && known && code !== this.#askedOf) {
      this.#askedOf = code;
      void this.#loadArea(code);
    }
  }

  /** What the area is; the panel does without where this does not come. */
  async #loadArea(code: string): Promise<void> {
    this.#askingArea.abort();
    this.#askingArea = new AbortController();
    try {
      this.#about = await fetchArea(code, this.#askingArea.signal);
      if (this.#store.now.selected === code) this.#showPanel();
    } catch {
      this.#about = null;
    }
  }

  #nameOf(code: string): string {
    return this.#values?.areas.get(code)?.name ?? this.#names.get(code) ?? code;
  }

  #select(area: Named | null): void {
    const code = area?.code ?? null;
    if (code === this.#store.now.selected) return;
    if (area) this.#names.set(area.code, area.name);
    this.#store.change({ selected: code });
    this.#announcer.say(
      area ? texts.announceSelected(area.name, this.#valueOf(area.code)) : texts.announceCleared,
    );
  }

  #valueOf(code: string): string {
    return valueText(this.#values?.areas.get(code) ?? null, this.#choice.indicator);
  }

  #pick(chosen: Chosen): void {
    const { layer } = this.#choice;
    if (chosen.indicator !== undefined) {
      const indicator = this.#indicators.find((i) => i.id === chosen.indicator);
      const fits = indicator ? layerFor(indicator, layer, this.#layers) : layer;
      const moved = fits?.id !== layer?.id;
      this.#store.change({
        indicator: chosen.indicator,
        period: null,
        layer: fits?.id ?? null,
        ...(moved ? { selected: null } : {}),
      });
    } else if (chosen.layer !== undefined) {
      // The outlines follow the layer, unless the reader switched them off.
      const overlay = this.#store.now.overlay === noOverlay ? noOverlay : null;
      this.#store.change({ layer: chosen.layer, selected: null, overlay, indicator: this.#choice.indicator?.id ?? null });
    } else if (chosen.overlay !== undefined) this.#store.change({ overlay: chosen.overlay });
    else if (chosen.period !== undefined) this.#store.change({ period: chosen.period });
  }

  #point(named: Named | null, at: { x: number; y: number }): void {
    const byKeyboard = !this.#layout.cross.hidden;
    const area = named ? (this.#values?.areas.get(named.code) ?? null) : null;
    this.#legend.point(area?.class ?? null);
    if (!named || !(byKeyboard || matchMedia("(hover: hover)").matches)) return this.#note.hide();
    const colour = area?.class == null ? null : (this.#values?.classes[area.class]?.fill ?? null);
    const { clientWidth: width, clientHeight: height } = this.#layout.map;
    this.#note.show(named, area, this.#choice.indicator, colour, at, { width, height });
    if (byKeyboard) this.#announcer.say(`${named.name}: ${this.#valueOf(named.code)}`);
  }
}

function said(error: unknown): string {
  return error instanceof Failure ? error.message : String(error);
}

// Labels are drawn on the canvas: without this the first ones would be drawn before the font is there.
void document.fonts.load('16px "Source Sans"').finally(() => new Page().start());
