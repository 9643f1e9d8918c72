// Building elements. Text goes in as text, never as HTML, and no style attribute is written: the content security
// policy of the page allows neither.

type Child = Node | string | null | false;
type Attributes = Record<string, string | number | boolean | null>;

/** An element with a class, attributes and children; `null` and `false` are left out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...present(children));
  return made;
}

/** Puts children in the place of all there were. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...present(children));
}

function present(children: Child[]): (Node | string)[] {
  return children.filter((c): c is Node | string => c !== null && c !== false);
}

/** A bar as long as a share of one; the style sheet draws it. */
export function bar(className: string, share: number): HTMLElement {
  const made = el("span", className, { "aria-hidden": "true" });
  made.style.setProperty("--share", String(Math.min(1, Math.max(0, share))));
  return made;
}

/** A small line drawing of the icon set, 20 by 20. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const icons = {
  plus: "M10 4.5v11M4.5 10h11",
  minus: "M4.5 10h11",
  close: "M5.5 5.5l9 9m0-9l-9 9",
  whole: "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4",
  play: "M7 4.5v11l8.5-5.5z",
  pause: "M7 5v10M13 5v10",
  up: "M5 12.5l5-5 5 5",
  find: "M8.5 13.5a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM12.2 12.2l4.3 4.3",
  here: "M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 2.5v2.5M10 15v2.5M2.5 10h2.5M15 10h2.5",
  pin: "M10 17.5s5.5-5.2 5.5-9.3a5.5 5.5 0 0 0-11 0c0 4.1 5.5 9.3 5.5 9.3zM10 10.2a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  load: "M10 13V4M6.5 7.5L10 4l3.5 3.5M4 13v3h12v-3",
};
