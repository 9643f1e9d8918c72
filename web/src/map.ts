// The map itself: MapLibre behind the few verbs that the page needs.

import { AttributionControl, Map as MapLibre, ScaleControl, prewarm, setWorkerUrl } from "maplibre-gl";
import type { LayerSpecification, LngLatBounds, MapGeoJSONFeature, MapMouseEvent, PointLike } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

import { patterns } from "./answers.ts";
import type { Box, Layer, Values } from "./answers.ts";
import { type TilesHeld, tilesAddress } from "./api.ts";
import type { BaseMap } from "./api.ts";
import { Pace } from "./pace.ts";
import type { Place } from "./page.ts";
import type { View } from "./state.ts";
import { areaLayers, chosenLayers, dark, fillOpacity, hatchPixels, labelLayers, landLayers } from "./style.ts";
import { labelFont, light, outlineLayers, overlayLayers } from "./style.ts";

setWorkerUrl(workerUrl);
// The worker reads its script while the page is built.
prewarm();

/** Tiles are cut to this zoom; nearer views stretch them. */
const tilesMaxZoom = 14;
/** The islands and a little sea, in degrees: west, south, east, north. */
const everything: [number, number, number, number] = [-8.8, 49.8, 2.1, 60.95];
/** How far out of the islands the map can be moved. */
const reach: [number, number, number, number] = [-32, 42, 24, 67];

/** Where the pointer is when it is on no area. */
const nowhere: Place = { lon: 0, lat: 0, x: 0, y: 0 };

/** What the search box of a narrow map, and the attribution below, cover of it in pixels, with a little room. */
const underSearch = 66;
const overAttribution = { wide: 30, narrow: 54 };
/** The whole map comes no nearer than this. */
const wholeMaxZoom = 11;

/** What a panel covers of the right of the map, in pixels; a map no wider than `narrow` has it below. */
const panelWidth = 416;
const narrow = 767;

/** An area as the tiles know it. */
export interface Named {
  code: string;
  name: string;
}

export interface MapEvents {
  /** The pointer, or the cross of the keyboard, is over an area (or over none). */
  point(area: Named | null, at: Place): void;
  /** The map was clicked, or Enter was pressed with the cross there. */
  click(area: Named | null, at: Place): void;
  moved(view: View): void;
  /** Whether tiles are on their way. */
  busy(loading: boolean): void;
  failed(message: string): void;
}

export class AreaMap {
  readonly #map: MapLibre;
  readonly #pace: Pace;
  readonly #events: MapEvents;
  #ready: Promise<void>;
  #theme = light;
  #land: Layer | null = null;
  #layer: Layer | null = null;
  #overlay: Layer | null = null;
  #values: Values | null = null;
  #chosen: string | null = null;
  #pointed: Named | null = null;
  #litClass: number | null = null;
  #picked: Set<string> | null = null;
  #base: BaseMap | null = null;
  #crossShown = false;
  /** Whether the whole map is shown, as it is until the reader goes somewhere; it is kept whole in other room. */
  #whole = false;
  /** What is kept in sight in other room, until the reader goes elsewhere; null where nothing is. */
  #held: LngLatBounds | null = null;
  /** What stands at the foot of the map and covers it, in pixels. */
  #below = 0;
  /** Names that the tiles told. */
  readonly #names = new Map<string, string>();
  /** The view that the map itself reported last: it need not be told to go there. */
  reported: View | null = null;

  constructor(container: HTMLElement, view: View | null, events: MapEvents) {
    this.#events = events;
    this.#whole = view === null;
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    this.#theme = scheme.matches ? dark : light;
    this.#map = new MapLibre({
      container,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: 0,
      maxZoom: 16,
      maxBounds: reach,
      fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160,
      ...(view ? { center: [view.lon, view.lat] as [number, number], zoom: view.zoom } : { bounds: everything }),
      fitBoundsOptions: { padding: this.#wholeRoom(container) },
    });
    this.#pace = new Pace(this.#map);
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-left");
    this.#map.addControl(new AttributionControl({ compact: false }), "bottom-right");
    // Labels are drawn on the canvas, so the first ones would be in another font before this one is there.
    this.#ready = document.fonts.load(`16px "${labelFont[0]}"`).then(() => undefined, () => undefined);
    // The first image makes an empty style at once; one that is given would wait for a frame of an empty map.
    for (const pattern of patterns) this.#map.addImage(pattern, hatchPixels(pattern, this.#theme));
    // The sky fills every frame, and this map is never tilted to where one could see it.
    const { sky } = this.#map.style;
    if (sky) sky.getEvaluated = () => undefined as never;
    this.#listen();
    scheme.addEventListener("change", () => {
      this.#theme = scheme.matches ? dark : light;
      void this.#ready.then(() => this.#draw());
    });
  }

  /** The element that takes the keyboard. */
  get canvas(): HTMLCanvasElement {
    return this.#map.getCanvas();
  }

  /** The name of an area, when the map has met it. */
  nameOf(code: string): string | null {
    return this.#names.get(code) ?? null;
  }

  /** Where the map looks now. */
  get view(): View {
    const { lng, lat } = this.#map.getCenter();
    return { lon: lng, lat, zoom: this.#map.getZoom() };
  }

  /** What is seen: west, south, east, north in degrees; null when that is the whole map. */
  get bounds(): [number, number, number, number] | null {
    if (this.#whole) return null;
    const seen = this.#map.getBounds();
    return [seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()];
  }

  /** Draws the map as it is now on a canvas that keeps it. */
  copyTo(still: HTMLCanvasElement): void {
    // What is drawn can be read only in the same task.
    this.#pace.drawNow();
    const { width, height } = this.canvas;
    still.width = width;
    still.height = height;
    still.getContext("2d")?.drawImage(this.canvas, 0, 0);
  }

  /** Whether the whole map is shown and the reader has gone nowhere yet. */
  get isWhole(): boolean {
    return this.#whole;
  }

  /** Keeps in sight what is seen now, whatever room the map has next, until the reader goes elsewhere. */
  hold(): void {
    if (!this.#whole) this.#held ??= this.#map.getBounds();
  }

  /** Lets the whole map stand clear of what covers its foot. */
  clearBelow(height: number): void {
    if (height === this.#below) return;
    this.#below = height;
    if (this.#whole) this.#fitWhole(0);
  }

  look(view: View): void {
    this.#letGo();
    this.#map.jumpTo({ center: [view.lon, view.lat], zoom: view.zoom });
  }

  /** Goes to a view, in a flight where the reader does not mind motion; its place comes where no panel covers it. */
  fly(view: View): void {
    const { clientWidth, clientHeight } = this.#map.getContainer();
    const { x, y } = this.free;
    const offset: [number, number] = [x - clientWidth / 2, y - clientHeight / 2];
    this.#letGo();
    this.#map.flyTo({ center: [view.lon, view.lat], zoom: view.zoom, offset, maxDuration: 1500 });
  }

  /** The middle, in pixels, of what a panel leaves free of the map: it covers the right, on a small screen the lower half. */
  get free(): { x: number; y: number } {
    const { clientWidth: width, clientHeight: height } = this.#map.getContainer();
    if (width <= narrow) return { x: width / 2, y: height * 0.27 };
    return { x: Math.max(width / 4, (width - panelWidth) / 2), y: height / 2 };
  }

  /** Shows all of a box, in degrees, beside the panel where there is room for both; in a flight, or at once. */
  fit(box: Box, how: "flight" | "at once" = "flight"): void {
    const { clientWidth: width, clientHeight: height } = this.#map.getContainer();
    const right = width > 2 * panelWidth ? panelWidth : 24;
    const bottom = width <= narrow ? 0.57 * height : 40;
    this.#letGo();
    const pace = how === "flight" ? { maxDuration: 1500 } : { duration: 0 };
    this.#map.fitBounds(box, { padding: { top: 72, bottom, left: 24, right }, maxZoom: 12, ...pace });
  }

  /** Where a place stands on the map, in pixels. */
  project(place: { lon: number; lat: number }): { x: number; y: number } {
    return this.#map.project([place.lon, place.lat]);
  }

  /** The place at a point of the map in pixels. */
  unproject(at: { x: number; y: number }): { lon: number; lat: number } {
    const { lng, lat } = this.#map.unproject([at.x, at.y]);
    return { lon: lng, lat };
  }

  /** Calls at every move of the map, while it moves. */
  watchMoves(moved: () => void): void {
    this.#map.on("move", moved);
    this.#map.on("resize", moved);
  }

  zoomBy(steps: number): void {
    this.#letGo();
    this.#map.easeTo({ zoom: this.#map.getZoom() + steps });
  }

  /** Shows all of the layer. */
  showAll(): void {
    this.#whole = true;
    this.#held = null;
    this.#fitWhole();
  }

  /** The reader goes somewhere. */
  #letGo(): void {
    this.#whole = false;
    this.#held = null;
  }

  #fitWhole(duration?: number): void {
    const padding = this.#wholeRoom(this.#map.getContainer());
    const how = duration === undefined ? {} : { duration };
    const [west, south, east, north] = this.#layer?.bbox ?? everything;
    // Rockall, a rock far out in the ocean, would push the islands aside.
    const box: Box = [Math.max(west, everything[0]), south, east, north];
    this.#map.fitBounds(box, { padding, maxZoom: wholeMaxZoom, ...how });
  }

  /** What is left free around the whole map, in pixels. */
  #wholeRoom({ clientWidth: width, clientHeight: height }: HTMLElement): Record<"top" | "bottom" | "left" | "right", number> {
    const isNarrow = width <= narrow;
    const top = isNarrow ? underSearch : 12;
    const bottom = (isNarrow ? overAttribution.narrow : overAttribution.wide) + this.#below;
    // The map has half the height at least, however low it is.
    const share = Math.min(1, height / 2 / (top + bottom));
    return { top: top * share, bottom: bottom * share, left: 12, right: 12 };
  }

  /** What is shown; the values follow by `colour`. */
  async show(layer: Layer, overlay: Layer | null, land: Layer | null): Promise<void> {
    await this.#ready;
    const layerChanged = this.#layer?.id !== layer.id;
    if (!layerChanged && this.#overlay?.id === overlay?.id && this.#land?.id === land?.id) return;
    if (layerChanged) {
      this.#values = null;
      this.#pointed = null;
    }
    this.#layer = layer;
    this.#overlay = overlay;
    this.#land = land;
    this.#draw();
  }

  /** Colours the areas by their classes. */
  async colour(values: Values | null): Promise<void> {
    await this.#ready;
    if (values === this.#values) return;
    this.#values = values;
    if (!this.#map.getSource("areas")) return;
    this.#map.removeFeatureState({ source: "areas", sourceLayer: "areas" });
    this.#setStates();
  }

  /** The base map is seen through the areas. */
  get #opacity(): number {
    return this.#base ? 0.72 : 1;
  }

  /** Lets one class of the legend stand out; null shows all alike. */
  light(litClass: number | null): void {
    this.#litClass = litClass;
    if (this.#map.getLayer("areas")) this.#map.setPaintProperty("areas", "fill-opacity", fillOpacity(litClass, this.#opacity));
  }

  /** Lets some areas stand out; null shows all alike. */
  async pick(codes: Set<string> | null): Promise<void> {
    await this.#ready;
    this.#picked = codes;
    for (const code of this.#values?.areas.keys() ?? []) this.#mark(code, { dim: codes !== null && !codes.has(code) });
  }

  /** Draws the tiles of another server under the areas. */
  async setBase(base: BaseMap): Promise<void> {
    await this.#ready;
    this.#base = base;
    this.#map.addSource("base", {
      type: "raster",
      tiles: [base.tiles],
      tileSize: 256,
      attribution: escaped(base.attribution),
    });
    this.#draw();
  }

  /** Outlines the chosen area. */
  async choose(code: string | null): Promise<void> {
    await this.#ready;
    if (code === this.#chosen) return;
    if (this.#chosen !== null) this.#mark(this.#chosen, { chosen: false });
    this.#chosen = code;
    if (code !== null) this.#mark(code, { chosen: true });
    for (const layer of chosenLayers)
      if (this.#map.getLayer(layer)) this.#map.setLayoutProperty(layer, "visibility", code === null ? "none" : "visible");
  }

  /** Shows or hides the cross by which the keyboard points. */
  cross(shown: boolean): void {
    this.#crossShown = shown;
    if (shown) this.#pointAtCentre();
    else this.#pointAt(null, nowhere);
  }

  #mark(code: string, marks: Record<string, unknown>): void {
    if (this.#map.getSource("areas"))
      this.#map.setFeatureState({ source: "areas", sourceLayer: "areas", id: code }, marks);
  }

  #setStates(): void {
    if (this.#values) {
      const noData = new Map(this.#values.noData.map((c) => [c.flag, c]));
      for (const area of this.#values.areas.values()) {
        if (area.class !== null) {
          this.#mark(area.code, { fill: this.#values.classes[area.class]?.fill ?? "", class: area.class });
        } else {
          const why = noData.get(area.flag ?? "missing");
          this.#mark(area.code, { fill: why?.fill ?? "", class: -1, pattern: why?.pattern ?? "" });
        }
      }
      // Only the patterns that occur are drawn: a hidden layer costs nothing.
      for (const pattern of patterns) {
        const occurs = this.#values.noData.some((c) => c.pattern === pattern && c.count > 0);
        this.#map.setLayoutProperty(`hatch-${pattern}`, "visibility", occurs ? "visible" : "none");
      }
    }
    if (this.#picked !== null) void this.pick(this.#picked);
    if (this.#chosen !== null) this.#mark(this.#chosen, { chosen: true });
    if (this.#pointed !== null) this.#mark(this.#pointed.code, { pointed: true });
  }

  /** Lays all sources and layers anew, in their order, in the colours of the theme. */
  #draw(): void {
    const map = this.#map;
    for (const { id } of map.getStyle().layers) map.removeLayer(id);
    for (const pattern of patterns) this.#map.updateImage(pattern, hatchPixels(pattern, this.#theme));
    this.#source("land", this.#land, "areas");
    this.#source("areas", this.#layer, "all");
    this.#source("overlay", this.#overlay, "borders");
    const layers: LayerSpecification[] = [];
    if (this.#base) layers.push({ id: "base", type: "raster", source: "base" });
    else if (this.#land) layers.push(...landLayers("land", this.#theme));
    if (this.#layer) {
      layers.push(...areaLayers("areas", this.#theme));
      if (this.#overlay) layers.push(...overlayLayers("overlay", this.#overlay.areaCount, this.#theme));
      layers.push(...outlineLayers("areas", this.#chosen !== null, this.#theme), ...labelLayers("areas", this.#layer.areaCount, this.#theme));
    }
    for (const layer of layers) map.addLayer(layer);
    // Set anew only where it says something else than the layer does: every setting is a transition, and frames are drawn.
    if (this.#litClass !== null || this.#base) this.light(this.#litClass);
    this.#setStates();
  }

  /** Makes a source hold the tiles of a layer, with no more in them than is drawn; one that already does is kept, with what it has loaded. */
  #source(id: string, layer: Layer | null, held: TilesHeld): void {
    const tiles = layer ? [tilesAddress(layer.id, held)] : [];
    const known = this.#map.getStyle().sources[id];
    if (known && "tiles" in known && known.tiles?.[0] === tiles[0]) return;
    if (known) this.#map.removeSource(id);
    if (!layer) return;
    this.#map.addSource(id, {
      type: "vector",
      tiles,
      minzoom: 0,
      maxzoom: tilesMaxZoom,
      promoteId: { areas: "code" },
      ...(layer.bbox ? { bounds: layer.bbox } : {}),
      attribution: layer.attribution.map(escaped).join(" · "),
    });
  }

  #listen(): void {
    const map = this.#map;
    map.on("mousemove", (e) => {
      if (e.originalEvent.buttons === 0) this.#pointAt(this.#areaAt(e.point), placeOf(e));
    });
    map.on("mouseout", () => {
      if (this.#crossShown) this.#pointAtCentre();
      else this.#pointAt(null, nowhere);
    });
    map.on("dragstart", () => this.#pointAt(null, nowhere));
    map.on("click", (e) => {
      this.#events.click(this.#areaAt(e.point), placeOf(e));
    });
    map.on("movestart", (e) => {
      if ("originalEvent" in e && e.originalEvent instanceof UIEvent) this.#letGo();
    });
    map.on("resize", () => {
      if (this.#whole) this.#fitWhole(0);
      else if (this.#held) map.fitBounds(this.#held, { duration: 0 });
    });
    map.on("moveend", () => {
      this.reported = this.view;
      this.#events.moved(this.reported);
      if (this.#crossShown) this.#pointAtCentre();
    });
    map.on("dataloading", () => this.#busy(true));
    map.on("idle", () => {
      this.#busy(false);
      if (this.#crossShown) this.#pointAtCentre();
    });
    map.on("error", (e) => this.#events.failed(e.error?.message ?? ""));
    map.getCanvas().addEventListener("keydown", (e) => {
      if (e.key === "Enter" && this.#crossShown && this.#pointed !== null) {
        e.preventDefault();
        this.#events.click(this.#pointed, this.#centre());
      }
    });
  }

  #busy(loading: boolean): void {
    this.#map.getContainer().dataset["state"] = loading ? "busy" : "idle";
    this.#events.busy(loading);
  }

  #areaAt(point: PointLike): Named | null {
    if (!this.#map.getLayer("areas")) return null;
    const found: MapGeoJSONFeature | undefined = this.#map.queryRenderedFeatures(point, { layers: ["areas"] })[0];
    if (typeof found?.id !== "string") return null;
    const name: unknown = found.properties["name"];
    const area = { code: found.id, name: typeof name === "string" ? name : found.id };
    this.#names.set(area.code, area.name);
    return area;
  }

  #pointAtCentre(): void {
    const centre = this.#centre();
    this.#pointAt(this.#areaAt([centre.x, centre.y]), centre);
  }

  #centre(): Place {
    const { clientWidth, clientHeight } = this.#map.getContainer();
    const { lng, lat } = this.#map.getCenter();
    return { lon: lng, lat, x: clientWidth / 2, y: clientHeight / 2 };
  }

  #pointAt(area: Named | null, at: Place): void {
    if (area?.code !== this.#pointed?.code) {
      if (this.#pointed !== null) this.#mark(this.#pointed.code, { pointed: false });
      this.#pointed = area;
      if (area !== null) this.#mark(area.code, { pointed: true });
      this.#map.getCanvas().classList.toggle("over-area", area !== null);
    }
    this.#events.point(area, at);
  }
}

function placeOf(event: MapMouseEvent): Place {
  return { lon: event.lngLat.lng, lat: event.lngLat.lat, x: event.point.x, y: event.point.y };
}

/** MapLibre takes attribution as HTML; ours is text. */
function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
