// Which kinds of layer belong together in the choices, and which footprint is laid over which.

import type { Layer } from "./answers.ts";

export type Family = "council" | "health" | "small" | "other";

const families: Record<string, Family> = {
  lad: "council",
  utla: "council",
  cauth: "council",
  rgn: "council",
  ctry: "council",
  nhs: "health",
  icb: "health",
  sicbl: "health",
  nhser: "health",
  hb: "health",
  isdn: "health",
  ambulance: "health",
  lsoa: "small",
  msoa: "small",
};

/** Sums of countries: tables have rows of them, but nobody asks in which an area lies. */
export const unions: readonly string[] = ["uk", "gb", "ew"];

export function family(kind: string): Family {
  return families[kind] ?? "other";
}

/** Kinds of the other footprint, the one that says most first. */
const counterparts: Record<Family, string[]> = {
  council: ["nhs", "icb", "hb", "sicbl"],
  health: ["lad", "utla"],
  small: ["lad", "utla"],
  other: ["lad", "nhs"],
};

/** The current layer whose outlines are laid over a layer unless the reader chooses otherwise. */
export function counterpart(layer: Layer, layers: Layer[]): Layer | null {
  for (const kind of counterparts[family(layer.kind)]) {
    const found = layers.find((l) => l.kind === kind && l.current && l.id !== layer.id);
    if (found) return found;
  }
  return null;
}

/** Layers in the order of the choices: the families in turn, current before earlier ones. */
export function grouped(layers: Layer[]): { group: Family | "earlier"; layers: Layer[] }[] {
  const order = Object.keys(families);
  const place = (l: Layer) => (order.indexOf(l.kind) + order.length + 1) % (order.length + 1);
  const sorted = [...layers].sort((a, b) => place(a) - place(b) || b.vintage.localeCompare(a.vintage));
  const groups = (["council", "health", "small", "other"] as const).map((group) => ({
    group: group as Family | "earlier",
    layers: sorted.filter((l) => l.current && family(l.kind) === group),
  }));
  groups.push({ group: "earlier", layers: sorted.filter((l) => !l.current) });
  return groups.filter((g) => g.layers.length > 0);
}

/** Whether an indicator has values on a layer; when the server does not say, it may have. */
export function covers(indicatorLayers: string[], layer: Layer): boolean {
  return indicatorLayers.length === 0 || indicatorLayers.includes(layer.id) || indicatorLayers.includes(layer.kind);
}

/** Kinds that leave no ground of a country without an area. */
const everywhere = ["lad", "utla", "rgn", "ctry", "uk", "nhs"];

/** The layer of the countries, where ground of theirs lies outside the layer that is shown; null where none does. */
export function landUnder(layer: Layer, layers: Layer[]): Layer | null {
  const land = layers.find((l) => l.kind === "ctry" && l.current) ?? null;
  if (!land?.bbox || !layer.bbox || !everywhere.includes(layer.kind)) return land;
  const [west, south, east, north] = layer.bbox.map((side, i) => Math.abs(side - (land.bbox?.[i] ?? 0)) < 0.01);
  return west && south && east && north ? null : land;
}
