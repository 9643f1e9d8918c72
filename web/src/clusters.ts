// Where values cluster: local Moran's I of an indicator as the server tests it, and the areas' quadrants as colours.

import { list, needed, number, object, results, text } from "./answers.ts";
import type { Json, Painted } from "./answers.ts";
import { painted } from "./composite-paint.ts";
import { decimal, withUnit } from "./number.ts";
import type { Question } from "./question.ts";
import { levellingTexts as words } from "./texts-levelling.ts";

/** What an area and its neighbours are, in the order in which clusters are listed: the area first, then its neighbours. */
export const quadrants = ["high-high", "low-low", "high-low", "low-high"] as const;
export type Quadrant = (typeof quadrants)[number];

/** As the server colours its own map of clusters; what is in none is a grey that stands on light and on dark. */
export const quadrantFills: Record<Quadrant, string> = {
  "high-high": "#d7191c",
  "low-low": "#2c7bb6",
  "high-low": "#fdae61",
  "low-high": "#abd9e9",
};
const noClusterFill = "#dcdad4";

/** Layers of more areas than this are shuffled less often: the answer is waited for. */
const manyAreas = 10_000;
const permutationsOf = { few: 9999, many: 999 };

/** An area as it was tested. */
export interface TestedArea {
  code: string;
  name: string;
  value: number | null;
  localI: number | null;
  /** The pseudo-p of its local Moran's I; null where it was not tested. */
  p: number | null;
  /** The cluster that it stands in; null where the test was not kept. */
  cluster: Quadrant | null;
}

/** The answer about an indicator over a layer. */
export interface Clusters {
  title: string;
  unit: string;
  period: string | null;
  permutations: number;
  seed: number;
  /** Moran's I, what chance makes of it, and its pseudo-p. */
  moran: { i: number; expected: number; p: number | null };
  /** How many areas were tested, and the level at which a test is kept. */
  tests: number;
  q: number;
  areas: TestedArea[];
  notes: string[];
}

/** The path of the answer; `form` is empty, `.csv` or `.geojson`. */
export function clustersPath(question: Question, areaCount: number, form = ""): string {
  const permutations = areaCount > manyAreas ? permutationsOf.many : permutationsOf.few;
  const query = new URLSearchParams({ indicator: question.indicator, layer: question.layer, permutations: String(permutations) });
  for (const name of ["period", "sex", "age"] as const) {
    const value = question[name];
    if (value !== null) query.set(name, value);
  }
  return `v1/analysis/autocorrelation${form}?${query}`;
}

export function readClusters(body: unknown): Clusters {
  const whole = object(body, "clusters");
  const moran = object(whole["moran"], "clusters.moran");
  const permutation = object(moran["permutation"] ?? {}, "clusters.moran.permutation");
  const local = object(whole["local_moran"], "clusters.local_moran");
  return {
    title: text(whole["title"]) ?? needed(whole["indicator"], "clusters.indicator"),
    unit: text(whole["unit"]) ?? "",
    period: text(whole["period"]),
    permutations: number(whole["permutations"]) ?? 0,
    seed: number(whole["seed"]) ?? 0,
    moran: { i: number(moran["i"]) ?? 0, expected: number(moran["expected"]) ?? 0, p: number(permutation["pseudo_p"]) },
    tests: number(local["tests"]) ?? 0,
    q: number(local["q"]) ?? 0,
    areas: results(whole, "clusters").map(readTested),
    notes: list(whole["notes"]).filter((note) => typeof note === "string"),
  };
}

function readTested(item: Json): TestedArea {
  const code = needed(item["code"], "clusters.results.code");
  return {
    code,
    name: text(item["name"]) ?? code,
    value: number(item["value"]),
    localI: number(item["local_i"]),
    p: number(item["p"]),
    cluster: quadrants.find((quadrant) => quadrant === item["cluster"]) ?? null,
  };
}

/** The areas in a cluster: by quadrant, in each the most unlike chance first. */
export function inClusters(clusters: Clusters): TestedArea[] {
  const order = (area: TestedArea) => quadrants.findIndex((quadrant) => quadrant === area.cluster);
  const found = clusters.areas.filter((area) => area.cluster !== null);
  return found.sort((a, b) => order(a) - order(b) || Math.abs(b.localI ?? 0) - Math.abs(a.localI ?? 0));
}

/** A pseudo-p with as many digits as so many shuffles can tell apart. */
export function pseudoP(p: number, permutations: number): string {
  return decimal(p, Math.max(2, Math.ceil(Math.log10(permutations + 1))));
}

/** The quadrants as colours; `codes` are the areas of the map, of which some may not have been compared. */
export function paintClusters(clusters: Clusters, id: string, layer: string, decimals: number, codes: Iterable<string>): Painted {
  const areas = new Map(clusters.areas.map((area) => [area.code, area]));
  // The legend has the last class on top.
  const order = [...quadrants].reverse();
  const colours = [noClusterFill, ...order.map((quadrant) => quadrantFills[quadrant])];
  const labels = [words.noCluster, ...order.map((quadrant) => words.quadrants[quadrant])];
  const told = (code: string) => {
    const area = areas.get(code);
    if (!area) return { said: words.without["no_value"] ?? "", class: null, flag: "no_value" };
    if (area.p === null) return { said: words.without["not_tested"] ?? "", class: null, flag: "not_tested" };
    const at = area.cluster === null ? 0 : 1 + order.indexOf(area.cluster);
    const value = area.value === null ? "" : withUnit(decimal(area.value, decimals), clusters.unit).trim();
    return { said: words.clusterSaid(labels[at] ?? "", value, pseudoP(area.p, clusters.permutations)), class: at, flag: null };
  };
  const unit = [words.unitClusters, clusters.period].filter(Boolean).join(", ");
  return painted(`${id} clusters`, words.clustersOf(clusters.title), unit, layer, [...codes, ...areas.keys()], colours, labels, told);
}
