// A value over its periods as a line, with its limits where there are any.

import { decimal } from "./number.ts";
import { bounds, steps } from "./plot.ts";
import type { Point } from "./progress.ts";

/** The drawing, in units of its own. */
const width = 320;
const height = 170;
const edge = { left: 44, right: 14, top: 10, bottom: 28 };

/** A line through the known values; a period without one leaves a gap. The label says what it is of. */
export function progressChart(points: Point[], label: string, decimals: number): SVGElement {
  const drawing = shape("svg", { viewBox: `0 0 ${width} ${height}`, class: "progress-chart", role: "img", "aria-label": label });
  const known = points.flatMap((point) => [point.value, point.lower, point.upper]).filter((value) => value !== null);
  const { low, high } = bounds(known);
  const x = (i: number) => edge.left + (i / Math.max(1, points.length - 1)) * (width - edge.left - edge.right);
  const y = (value: number) => height - edge.bottom - ((value - low) / (high - low)) * (height - edge.top - edge.bottom);
  const at = (value: number) => value.toFixed(1);
  const marks = steps(low, high);
  // A scale of small steps needs more digits than the values.
  const step = marks.length > 1 ? (marks[1] ?? 0) - (marks[0] ?? 0) : 1;
  const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)));
  for (const mark of marks) {
    drawing.append(shape("path", { d: `M${edge.left} ${at(y(mark))}H${width - edge.right}`, class: "grid" }));
    drawing.append(written(decimal(mark, digits), edge.left - 7, y(mark) + 4, "end"));
  }
  const limits = points.flatMap((point, i) => (point.lower !== null && point.upper !== null ? [{ i, lower: point.lower, upper: point.upper }] : []));
  if (limits.length > 1) {
    const above = limits.map(({ i, upper }) => `${at(x(i))} ${at(y(upper))}`);
    const below = limits.map(({ i, lower }) => `${at(x(i))} ${at(y(lower))}`).reverse();
    drawing.append(shape("path", { d: `M${[...above, ...below].join("L")}z`, class: "limits" }));
  }
  let path = "";
  let pen = "M";
  points.forEach(({ value }, i) => {
    if (value === null) pen = "M";
    else {
      path += `${pen}${at(x(i))} ${at(y(value))}`;
      pen = "L";
    }
  });
  drawing.append(shape("path", { d: path, class: "line" }));
  points.forEach(({ period, value, lower, upper }, i) => {
    if (value === null) return;
    const dot = shape("circle", { cx: at(x(i)), cy: at(y(value)), r: 3.2 });
    const title = shape("title", {});
    const range = lower !== null && upper !== null ? ` (${decimal(lower, decimals)} – ${decimal(upper, decimals)})` : "";
    title.textContent = `${period}: ${decimal(value, decimals)}${range}`;
    dot.append(title);
    drawing.append(dot);
  });
  for (const i of labelled(points.map((point) => point.period))) {
    const anchor = i === points.length - 1 ? "end" : i === 0 ? "start" : "middle";
    drawing.append(written(points[i]?.period ?? "", x(i) + (anchor === "end" ? 4 : anchor === "start" ? -4 : 0), height - 9, anchor));
  }
  return drawing;
}

/** The periods that are named: the first, the last, and between them as many as have room. */
export function labelled(periods: string[]): number[] {
  const last = periods.length - 1;
  if (last < 1) return periods.map((_, i) => i);
  const longest = Math.max(...periods.map((period) => period.length));
  const room = Math.max(1, Math.floor((width - edge.left - edge.right) / (longest * 7 + 14)) - 1);
  const step = Math.ceil(last / room);
  const between = Array.from({ length: Math.floor(last / step) }, (_, i) => (i + 1) * step).filter((i) => last - i >= step);
  return [0, ...between, last];
}

function shape(tag: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

function written(text: string, x: number, y: number, anchor: string): SVGElement {
  const made = shape("text", { x, y, "text-anchor": anchor });
  made.textContent = text;
  return made;
}
