// Small drawings of numbers: where a value lies among others, and how it went over time.

import type { Mark, ProfileRow } from "./profile.ts";

const svgNamespace = "http://www.w3.org/2000/svg";

type Numbers = Record<string, number | string>;

function shape(name: string, className: string, attributes: Numbers): SVGElement {
  const made = document.createElementNS(svgNamespace, name);
  made.setAttribute("class", className);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

function drawing(className: string, width: number, height: number, label: string): SVGSVGElement {
  const svg = shape("svg", className, { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  return svg as SVGSVGElement;
}

const width = 300;
const height = 20;
const middle = height / 2;
/** Room at the ends, so that marks there are whole. */
const margin = 6;

/**
 * Where a value lies: a line from the lowest to the highest area of the layer, a bar over the middle half, the value
 * with its limits, and marks for the areas around it. The label says the same in words.
 */
export function rangePlot(row: ProfileRow, country: Mark | null, parent: Mark | null, label: string): SVGSVGElement {
  const svg = drawing("range-plot", width, height, label);
  const { spread, value } = row;
  if (!spread || value === null) return svg;
  const all = [spread.min, spread.max, value, row.lower ?? value, row.upper ?? value];
  if (country) all.push(country.value);
  if (parent) all.push(parent.value);
  const low = Math.min(...all);
  const high = Math.max(...all);
  const x = (v: number) => (high > low ? margin + ((v - low) / (high - low)) * (width - 2 * margin) : width / 2);
  svg.append(
    shape("line", "whole", { x1: x(spread.min), x2: x(spread.max), y1: middle, y2: middle }),
    shape("rect", "half", { x: x(spread.q1), y: middle - 4, width: Math.max(1, x(spread.q3) - x(spread.q1)), height: 8 }),
    shape("line", "median", { x1: x(spread.median), x2: x(spread.median), y1: middle - 4, y2: middle + 4 }),
  );
  if (parent) svg.append(shape("path", "parent", { d: triangle(x(parent.value)) }));
  if (country) svg.append(shape("path", "country", { d: diamond(x(country.value)) }));
  if (row.lower !== null && row.upper !== null)
    svg.append(shape("line", "limits", { x1: x(row.lower), x2: x(row.upper), y1: middle, y2: middle }));
  svg.append(shape("circle", "value", { cx: x(value), cy: middle, r: 4.5 }));
  return svg;
}

function diamond(x: number): string {
  return `M${x} ${middle - 6}l5 6l-5 6l-5 -6z`;
}

function triangle(x: number): string {
  return `M${x} ${height - 1}l-5 -8h10z`;
}

/** The mark of a key, drawn as in the plots. */
export function keyMark(kind: "value" | "country" | "parent" | "half"): SVGSVGElement {
  const svg = shape("svg", "range-plot key-mark", { viewBox: `0 0 14 ${height}`, "aria-hidden": "true" }) as SVGSVGElement;
  if (kind === "value") svg.append(shape("circle", "value", { cx: 7, cy: middle, r: 4.5 }));
  if (kind === "country") svg.append(shape("path", "country", { d: diamond(7) }));
  if (kind === "parent") svg.append(shape("path", "parent", { d: `M7 ${middle + 5}l-5 -8h10z` }));
  if (kind === "half") svg.append(shape("rect", "half", { x: 0, y: middle - 4, width: 14, height: 8 }));
  return svg;
}

const trendWidth = 84;
const trendHeight = 22;

/** A value over its periods; a period without one leaves a gap. */
export function trendLine(values: (number | null)[], label: string): SVGSVGElement {
  const svg = drawing("trend-line", trendWidth, trendHeight, label);
  const known = values.filter((v) => v !== null);
  const low = Math.min(...known);
  const high = Math.max(...known);
  const x = (i: number) => 4 + (i / Math.max(1, values.length - 1)) * (trendWidth - 8);
  const y = (v: number) => (high > low ? trendHeight - 4 - ((v - low) / (high - low)) * (trendHeight - 8) : trendHeight / 2);
  let path = "";
  let pen = "M";
  values.forEach((value, i) => {
    if (value === null) {
      pen = "M";
      return;
    }
    path += `${pen}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
  });
  svg.append(shape("path", "line", { d: path }));
  const last = values.reduce((found: number, value, i) => (value === null ? found : i), -1);
  const end = values[last];
  if (end != null) svg.append(shape("circle", "end", { cx: x(last), cy: y(end), r: 2.5 }));
  return svg;
}
