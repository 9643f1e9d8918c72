// How the map is drawn: layers of the style, for light and for dark. Colours of the classes come from the server
// by feature state; everything else is here. The sea is the page's, behind the canvas.

import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";

import { patterns } from "./answers.ts";
import type { Pattern } from "./answers.ts";

export interface Theme {
  land: string;
  unvalued: string;
  border: string;
  overlayLine: string;
  overlayCasing: string;
  outline: string;
  outlineCasing: string;
  label: string;
  labelHalo: string;
  hatch: string;
}

export const light: Theme = {
  land: "#f3f2ee",
  unvalued: "#e9e8e3",
  border: "rgba(255, 255, 255, 0.72)",
  overlayLine: "#16222c",
  overlayCasing: "rgba(255, 255, 255, 0.55)",
  outline: "#0b1720",
  outlineCasing: "#ffffff",
  label: "#16222c",
  labelHalo: "rgba(255, 255, 255, 0.86)",
  hatch: "#8a8f93",
};

export const dark: Theme = {
  land: "#1d262c",
  unvalued: "#2a343b",
  border: "rgba(12, 18, 22, 0.62)",
  overlayLine: "rgba(242, 245, 246, 0.9)",
  overlayCasing: "rgba(8, 12, 15, 0.6)",
  outline: "#ffffff",
  outlineCasing: "#0a0f13",
  label: "#f4f6f7",
  labelHalo: "rgba(10, 15, 19, 0.82)",
  hatch: "#6f7a82",
};

/** The fonts of the labels: they are drawn by the browser, so no glyph server is asked. */
export const labelFont = ["Source Sans", "sans-serif"];

const state = (key: string): ExpressionSpecification => ["feature-state", key];

/** Land under everything, where the layer that is shown does not reach. */
export function landLayers(source: string, theme: Theme): LayerSpecification[] {
  return [
    {
      id: "land",
      type: "fill",
      source,
      "source-layer": "areas",
      paint: { "fill-color": theme.land, "fill-antialias": false },
    },
  ];
}

/** Opacity of an area: the class that the reader points at stands out. */
export function fillOpacity(litClass: number | null, opacity = 1): ExpressionSpecification {
  const dim = 0.14 * opacity;
  const shown: ExpressionSpecification = ["case", ["boolean", state("dim"), false], dim, opacity];
  return litClass === null ? shown : ["case", ["==", state("class"), litClass], shown, dim];
}

/** How far the colour of the area that is pointed at goes to that of the outline. */
const pointedShare = 0.28;

/** The fill of an area; the one that is pointed at goes towards the colour of outlines. */
function fillColour(theme: Theme): ExpressionSpecification {
  const own: ExpressionSpecification = ["to-color", state("fill"), theme.unvalued];
  const lit: ExpressionSpecification = ["interpolate", ["linear"], pointedShare, 0, own, 1, theme.outline];
  return ["case", ["boolean", state("pointed"), false], lit, own];
}

/**
 * The coloured areas: fill, strokes where there is no value, borders. What is drawn of every area is drawn in every frame, so
 * there is no more of it than is seen: borders lie over the edges of fills, which need no smoothing of their own.
 */
export function areaLayers(source: string, theme: Theme): LayerSpecification[] {
  return [
    {
      id: "areas",
      type: "fill",
      source,
      "source-layer": "areas",
      paint: {
        "fill-color": fillColour(theme),
        "fill-antialias": false,
        "fill-opacity": fillOpacity(null),
        "fill-opacity-transition": { duration: 160, delay: 0 },
      },
    },
    ...patterns.map((pattern): LayerSpecification => ({
      id: `hatch-${pattern}`,
      type: "fill",
      source,
      "source-layer": "areas",
      layout: { visibility: "none" },
      paint: {
        "fill-pattern": pattern,
        "fill-opacity": ["case", ["==", state("pattern"), pattern], 1, 0],
      },
    })),
    {
      id: "borders",
      type: "line",
      source,
      "source-layer": "borders",
      paint: {
        "line-color": theme.border,
        "line-width": ["interpolate", ["linear"], ["zoom"], 4, 0.3, 7, 0.6, 11, 1.4],
      },
    },
  ];
}

/** The layers that outline the chosen area: they hold the outlines of all, so they are there only while one is chosen. */
export const chosenLayers = ["chosen-casing", "chosen"] as const;

export function outlineLayers(source: string, isChosen: boolean, theme: Theme): LayerSpecification[] {
  const outline = (id: (typeof chosenLayers)[number], colour: string, width: number): LayerSpecification => ({
    id,
    type: "line",
    source,
    "source-layer": "areas",
    layout: { "line-join": "round", visibility: isChosen ? "visible" : "none" },
    paint: { "line-color": colour, "line-width": ["case", ["boolean", state("chosen"), false], width, 0] },
  });
  return [outline("chosen-casing", theme.outlineCasing, 6), outline("chosen", theme.outline, 2.6)];
}

/** The outlines of another layer, over the areas: the more areas it has, the finer. */
export function overlayLayers(source: string, areaCount: number, theme: Theme): LayerSpecification[] {
  const many = areaCount > 150;
  const weight = many ? 0.6 : 1;
  // Seen from afar, many outlines would hide what they lie over.
  const opacity: ExpressionSpecification | number = many ? ["interpolate", ["linear"], ["zoom"], 5, 0.35, 8, 1] : 1;
  const line = (id: string, colour: string, near: number, far: number): LayerSpecification => ({
    id,
    type: "line",
    source,
    "source-layer": "borders",
    paint: {
      "line-color": colour,
      "line-opacity": opacity,
      "line-width": ["interpolate", ["linear"], ["zoom"], 4, far * weight, 11, near * weight],
    },
  });
  return [line("overlay-casing", theme.overlayCasing, 5, 1.2), line("overlay", theme.overlayLine, 2.2, 0.6)];
}

/** Names; layers of many areas are named only where there is room. */
export function labelLayers(source: string, areaCount: number, theme: Theme): LayerSpecification[] {
  const from = areaCount > 2000 ? 11 : areaCount > 250 ? 6.6 : areaCount > 60 ? 6 : 5.4;
  return [
    {
      id: "labels",
      type: "symbol",
      source,
      "source-layer": "labels",
      minzoom: from,
      layout: {
        "text-field": ["get", "name"],
        "text-font": labelFont,
        "text-size": ["interpolate", ["linear"], ["zoom"], from, 11.5, from + 3, 14],
        "text-max-width": 8,
        "text-padding": 6,
      },
      paint: {
        "text-color": theme.label,
        "text-halo-color": theme.labelHalo,
        "text-halo-width": 1.4,
      },
    },
  ];
}

/** How strongly a point of an 8 by 8 tile is drawn, 0 to 1, for each pattern; the tiles join on all sides. */
const strokes: Record<Pattern, (x: number, y: number) => number> = {
  diagonal: (x, y) => stroke((x + y) % 8),
  crosshatch: (x, y) => Math.max(stroke((x + y) % 8), stroke((x - y + 8) % 8)),
  dots: (x, y) => Math.max(0, 1.9 - Math.hypot((x % 8) - 3.5, (y % 8) - 3.5)),
  lines: (_x, y) => stroke(y % 8),
};

function stroke(distance: number): number {
  return distance === 0 ? 1 : distance === 1 || distance === 7 ? 0.38 : 0;
}

/** A pattern as an image: quiet, and unlike any class colour. */
export function hatchPixels(pattern: Pattern, theme: Theme): { width: number; height: number; data: Uint8Array } {
  const size = 8;
  const data = new Uint8Array(size * size * 4);
  const channel = (at: number) => Number.parseInt(theme.hatch.slice(at, at + 2), 16);
  const [red, green, blue] = [channel(1), channel(3), channel(5)] as const;
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const strength = Math.min(255, 255 * strokes[pattern](x, y));
      data.set([red, green, blue, strength], (y * size + x) * 4);
    }
  }
  return { width: size, height: size, data };
}
