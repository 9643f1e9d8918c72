// An index as colours of the map: areas in classes with a legend, as the values of an indicator are.

import type { AreaValue, Indicator, LegendClass, NoDataClass, Painted, Pattern, Values } from "./answers.ts";
import type { Comparison, Ranked, Ranking } from "./composite.ts";
import type { Paint } from "./composite-question.ts";
import { levellingTexts as words } from "./texts-levelling.ts";

/** From the best to the worst: ColorBrewer's OrRd, told apart also by those who see red and green alike. */
const fifths = ["#fef0d9", "#fdcc8a", "#fc8d59", "#e34a33", "#b30000"];
const thirds = ["#fee8c8", "#fdbb84", "#b30000"];
/** Outside, inside, leaves, enters: orange and blue on greys. */
const moves = ["#dcdad4", "#8d9196", "#2b83ba", "#e66101"];

/** Grounds without a class that are no plain ground. */
const patternOf: Record<string, Pattern> = { not_ranked: "diagonal", no_value: "diagonal", not_tested: "dots" };

/** How many categories of priority there are; category 1 is the worst. */
export const categories = 3;

/** The category of a rank: as the server puts areas of a rank into categories of equal size. */
export function categoryOf(rank: number, ranked: number, of: number): number {
  return Math.ceil((of * rank) / ranked);
}

/** The first and the last rank of a category. */
export function ranksOf(category: number, ranked: number, of: number): [number, number] {
  return [Math.floor(((category - 1) * ranked) / of) + 1, Math.floor((category * ranked) / of)];
}

/** What an area of the map says and how it is coloured; null where it has no place in an order. */
interface Told {
  said: string;
  class: number | null;
  flag: string | null;
}

/** The ranking as colours: fifths of the order, or the categories of priority. */
export function paintRanking(ranking: Ranking, layer: string, codes: Iterable<string>, paint: Paint): Painted {
  const colours = paint === "fifths" ? fifths : thirds;
  const of = colours.length;
  const areas = new Map(ranking.areas.map((area) => [area.code, area]));
  const classOf = (area: Ranked) => (area.rank === null ? null : of - categoryOf(Math.max(1, Math.floor(area.rank)), ranking.ranked, of));
  const labels = colours.map((_, i) => {
    const category = of - i;
    const [first, last] = ranksOf(category, ranking.ranked, of);
    return paint === "fifths" ? words.ranks(first, last) : words.category(category, first, last);
  });
  const told = (code: string): Told => {
    const area = areas.get(code);
    if (!area) return { said: words.outside, class: null, flag: "outside" };
    if (area.rank === null) return { said: words.notRanked(area.missing.length), class: null, flag: "not_ranked" };
    return { said: words.rankOf(area.rank, ranking.ranked), class: classOf(area), flag: null };
  };
  const unit = paint === "fifths" ? words.unitFifths : words.unitThirds;
  return painted(`${ranking.index} ${paint}`, ranking.title, unit, layer, [...codes, ...areas.keys()], colours, labels, told);
}

/** Who enters and who leaves the worst category, as colours. */
export function paintMoves(ranking: Ranking, comparison: Comparison, layer: string, codes: Iterable<string>): Painted {
  const moved = new Map(comparison.moves.map((move) => [move.code, move]));
  const labels = [words.staysOutside, words.staysInside, words.leaves, words.enters];
  const told = (code: string): Told => {
    const category = comparison.categories.get(code);
    if (category === undefined) return { said: words.notCompared, class: null, flag: "not_ranked" };
    const move = moved.get(code);
    const kind = move?.to === 1 ? 3 : move?.from === 1 ? 2 : category === 1 ? 1 : 0;
    const ranks = move ? words.fromTo(move.rankBefore, move.rankAfter) : null;
    return { said: [labels[kind], ranks].filter(Boolean).join(": "), class: kind, flag: null };
  };
  const all = [...codes, ...ranking.areas.map((area) => area.code)];
  return painted(`${ranking.index} moves`, ranking.title, words.unitMoves, layer, all, moves, labels, told);
}

/** Classes with labels, and areas in them, as if they were the values of an indicator. */
export function painted(
  id: string,
  title: string,
  unit: string,
  layer: string,
  codes: Iterable<string>,
  colours: string[],
  labels: string[],
  told: (code: string) => Told,
): Painted {
  const areas = new Map<string, AreaValue>();
  const classes: LegendClass[] = colours.map((fill, i) => ({ lower: null, upper: null, fill, count: 0, label: labels[i] ?? null }));
  const noData = new Map<string, NoDataClass>();
  for (const code of new Set(codes)) {
    const { said, class: of, flag } = told(code);
    const inClass = of === null ? undefined : classes[of];
    if (inClass) inClass.count += 1;
    else {
      const why = flag ?? "not_ranked";
      const known = noData.get(why) ?? { flag: why, fill: null, count: 0, label: words.without[why] ?? why, pattern: patternOf[why] ?? null };
      known.count += 1;
      noData.set(why, known);
    }
    const none = { name: null, lower: null, upper: null, count: null, denominator: null, method: null };
    areas.set(code, { code, ...none, value: of, class: inClass ? of : null, flag, said });
  }
  const values: Values = { period: null, areas, classes, noData: [...noData.values()], square: null, attribution: [] };
  const nothing = { capital: null, horizon: null, source: "", licence: "", description: "", periods: [], sexes: [], ages: [], layers: [] };
  const indicator: Indicator = { id, title, unit, polarity: "neutral", decimals: 0, ...nothing };
  return { layer, indicator, values };
}
