// From what the address asks for to what is shown: gaps are filled with what serves most, and what the server does
// not hold is replaced by what it does.

import type { Indicator, Layer } from "./answers.ts";
import { counterpart, covers } from "./footprint.ts";
import { isLoaded } from "./loaded.ts";
import { noOverlay } from "./state.ts";
import type { State } from "./state.ts";

export interface Choice {
  layer: Layer | null;
  indicator: Indicator | null;
  /** Null is the latest that the server holds. */
  period: string | null;
  overlay: Layer | null;
  /** A second indicator that is shown with the first. */
  second: Indicator | null;
}

/** A layer by its id, or by its kind for the current vintage. */
export function findLayer(layers: Layer[], asked: string | null): Layer | null {
  if (asked === null) return null;
  return layers.find((l) => l.id === asked) ?? layers.find((l) => l.kind === asked && l.current) ?? null;
}

export function choose(state: State, layers: Layer[], indicators: Indicator[]): Choice {
  const asked = findLayer(layers, state.layer);
  const wanted = indicators.find((i) => i.id === state.indicator) ?? null;
  const layer = asked ?? firstLayer(layers, wanted);
  const fitting = layer ? indicators.filter((i) => covers(i.layers, layer)) : [];
  // A rate is a better first sight than a count, which mostly shows where people live.
  const indicator = wanted ?? fitting.find((i) => i.polarity !== "neutral") ?? fitting[0] ?? indicators[0] ?? null;
  const overlayAsked = state.overlay === noOverlay ? null : findLayer(layers, state.overlay);
  const overlay =
    state.overlay === noOverlay || !layer
      ? null
      : overlayAsked && overlayAsked.id !== layer.id
        ? overlayAsked
        : counterpart(layer, layers);
  const period = indicator && state.period && indicator.periods.includes(state.period) ? state.period : null;
  // Only the server paints two measures together, and it does not know tables of the reader's own.
  const pairs = indicator !== null && !isLoaded(indicator.id);
  const second = pairs
    ? (indicators.find((i) => i.id === state.second && i.id !== indicator.id && !isLoaded(i.id)) ?? null)
    : null;
  return { layer, indicator, period, overlay, second };
}

/** Councils first: the layer most people know. */
function firstLayer(layers: Layer[], indicator: Indicator | null): Layer | null {
  const usable = layers.filter((l) => l.current && (!indicator || covers(indicator.layers, l)));
  return usable.find((l) => l.kind === "lad") ?? usable[0] ?? layers.find((l) => l.current) ?? layers[0] ?? null;
}

/** The layer to go to when an indicator is chosen that the present one has no values for. */
export function layerFor(indicator: Indicator, present: Layer | null, layers: Layer[]): Layer | null {
  if (present && covers(indicator.layers, present)) return present;
  return firstLayer(layers, indicator);
}
