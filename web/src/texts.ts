// Every word the page shows, in one place: another language is another object of the same shape.

import { count, ordinal } from "./number.ts";

export const texts = {
  product: "Levelmap",
  pageTitle: (indicator: string, layer: string) => `${indicator} · ${layer} · Levelmap`,

  indicator: "Indicator",
  layer: "Areas",
  overlay: "Outlines over them",
  noOverlay: "None",
  period: "Period",
  about: "About this indicator",
  source: "Source",
  licence: "Licence",
  polarity: {
    "high-is-good": "Higher is better",
    "low-is-good": "Lower is better",
    neutral: "No better or worse is implied",
  } as Record<string, string>,
  capital: {
    "financial-physical": "Money, buildings and networks",
    human: "Health, skills and knowledge",
    social: "Ties, trust and institutions",
    natural: "Air, water, land and climate",
  } as Record<string, string>,
  otherCapital: "People and places",
  horizon: {
    short: "Can move within about three years",
    long: "Moves over more than three years",
  } as Record<string, string>,

  family: {
    council: "Councils and regions",
    health: "NHS bodies",
    small: "Small areas",
    other: "Other",
    earlier: "Earlier boundaries",
  },
  layerOption: (title: string, vintage: string, areas: number) => `${title}, ${vintage} (${count(areas)})`,
  /** Ends the name of a layer whose boundaries are not settled. */
  provisional: "provisional",

  legend: "Legend",
  legendUnit: (unit: string) => unit,
  classRange: (lower: string, upper: string) => `${lower} – ${upper}`,
  areasIn: (n: number) => `${count(n)} ${n === 1 ? "area" : "areas"}`,
  legendHint: "Point at a class to pick it out on the map; press to keep it.",
  flags: {
    suppressed: "Withheld by the publisher",
    missing: "No value",
    low_coverage: "Too little of the area is covered",
    low_reliability: "Of low reliability",
    not_applicable: "Does not apply",
    not_compared: "Cannot be compared",
  } as Record<string, string>,

  value: "Value",
  confidence: (lower: string, upper: string) => `95% confidence ${lower} to ${upper}`,
  rank: (place: number, of: number) => `${ordinal(place)} highest of ${count(of)}`,
  madeOf: (part: string, whole: string) => `${part} of ${whole}`,
  method: {
    published: "As published",
    aggregated: "Added up from smaller areas",
    recoded: "Carried over from the area's former code",
  } as Record<string, string>,
  residents: "Residents",
  land: "Land",
  km2: (area: string) => `${area} km²`,
  boundaries: "Boundaries",
  shares: {
    health: "NHS bodies on the same ground",
    other: "Areas on the same ground",
    council: "Councils on the same ground",
  },
  shareBy: { population: "Share of residents", area: "Share of land" },
  sharesLoading: "Finding out …",
  sharesFailed: "This could not be found out just now.",
  close: "Close",
  noSuchArea: (code: string) => `No area of this map has the code ${code}.`,

  map: "Map",
  mapHelp:
    "Arrow keys move the map, plus and minus zoom. The area under the cross is named; Enter selects it, Escape clears.",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  wholeMap: "Show the whole map",
  controls: "What the map shows",
  showControls: "Show choices and legend",
  hideControls: "Hide choices",
  apiReference: "API reference",
  dataItself: "The data itself",

  loading: "Loading …",
  retry: "Try again",
  offline: "There is no connection to the server.",
  serverSaid: (status: number, detail: string) => (detail ? detail : `The server answered ${status}.`),
  startFailed: "The map could not be started",
  valuesFailed: "The values could not be loaded",
  tilesFailed: "Some of the map could not be loaded",
  noLayers: "The server holds no boundaries yet",
  noLayersDetail: "Build or load a boundaries folder, then try again.",
  noIndicators: "The server holds no indicators yet",
  noIndicatorsDetail: "The boundaries can be seen; import a file of values to colour them.",
  noValues: (indicator: string, layer: string) => `${indicator} has no values for ${layer}.`,
  noWebGl: "This browser cannot draw the map",
  noWebGlDetail: "It needs WebGL, which is switched off or not supported here. The data is still at /v1.",
  unreadable: (where: string) => `The answer to ${where} could not be understood.`,

  announceSelected: (name: string, value: string) => `${name} selected: ${value}`,
  announceCleared: "Selection cleared",
  announceShown: (indicator: string, layer: string) => `Showing ${indicator} for ${layer}`,
};
