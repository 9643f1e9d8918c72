// How classes are made, how many, and their colours; folded away until it is wanted.

import { el, fill } from "./element.ts";
import { isLoaded } from "./loaded.ts";
import type { Page, Part } from "./page.ts";
import type { State } from "./state.ts";
import { toolTexts } from "./texts-tools.ts";

/** Fewest and most classes that are offered: fewer say nothing, more cannot be told apart. */
const fewest = 3;
const most = 9;

/** Methods that make their own number of classes. */
const ownNumber = ["std", "headtail", "benchmark"];

type Option = [value: string, label: string];

export function classingPart(page: Page): Part {
  const change = (field: "method" | "classes" | "palette") => (value: string) =>
    page.store.change({ [field]: value || null } as Partial<State>);
  const method = choice("class-method", toolTexts.method, Object.entries(toolTexts.methods), change("method"));
  const numbers = Array.from({ length: most - fewest + 1 }, (_, i) => String(fewest + i));
  const classes = choice("class-count", toolTexts.classes, numbers.map((n): Option => [n, n]), change("classes"));
  const palettes: Option[] = [["", toolTexts.asSuits], ...Object.entries(toolTexts.palettes)];
  const palette = choice("class-palette", toolTexts.palette, palettes, change("palette"));
  const body = el("div", "pickers", {}, method.element, classes.element, palette.element);
  const details = el("details", "classing", {}, el("summary", "", {}, toolTexts.classing), body);
  page.layout.side.append(details);
  return {
    show({ state, second, indicator }) {
      // Two measures have classes and colours of their own.
      details.hidden = second !== null || indicator === null || isLoaded(indicator.id);
      method.select.value = state.method ?? "quantile";
      classes.select.value = state.classes ?? "5";
      classes.select.disabled = ownNumber.includes(state.method ?? "");
      palette.select.value = state.palette ?? "";
    },
  };
}

function choice(id: string, label: string, options: Option[], changed: (value: string) => void) {
  const select = el("select", "", { id, name: id });
  fill(select, ...options.map(([value, text]) => el("option", "", { value }, text)));
  select.addEventListener("change", () => changed(select.value));
  return { select, element: el("div", "picker", {}, el("label", "", { for: id }, label), select) };
}
