// Where the parts stand: choices and legend beside the map, on a small screen in a sheet that slides up.

import { address } from "./api.ts";
import { el, icon, icons } from "./element.ts";
import { texts } from "./texts.ts";

export interface Parts {
  pickers: HTMLElement;
  legend: HTMLElement;
  ramp: HTMLElement;
  panel: HTMLElement;
  overMap: HTMLElement[];
  announcer: HTMLElement;
}

export interface LayoutEvents {
  zoom(steps: number): void;
  showAll(): void;
}

export interface Layout {
  /** Takes the map. */
  map: HTMLElement;
  /** Cross in the middle of the map, for the keyboard. */
  cross: HTMLElement;
  /** Tells whether an area is chosen: on a small screen its panel takes the place of the sheet. */
  panelShown(shown: boolean): void;
}

export function layOut(parts: Parts, events: LayoutEvents): Layout {
  const map = el("div", "map");
  const cross = el("div", "cross", { hidden: true, "aria-hidden": true });
  const button = (label: string, drawing: string, press: () => void) => {
    const made = el("button", "round", { type: "button", "aria-label": label, title: label });
    made.append(icon(drawing));
    made.addEventListener("click", press);
    return made;
  };
  const buttons = el(
    "div",
    "map-buttons",
    {},
    button(texts.zoomIn, icons.plus, () => events.zoom(1)),
    button(texts.zoomOut, icons.minus, () => events.zoom(-1)),
    button(texts.wholeMap, icons.whole, () => events.showAll()),
  );
  const side = el("div", "side", { id: "side" });
  const handle = el("button", "handle", { type: "button", "aria-controls": "side", "aria-expanded": "false" });
  const turn = (open: boolean) => {
    side.classList.toggle("open", open);
    handle.setAttribute("aria-expanded", String(open));
    handle.setAttribute("aria-label", open ? texts.hideControls : texts.showControls);
  };
  turn(false);
  handle.append(icon(icons.up));
  handle.addEventListener("click", () => turn(!side.classList.contains("open")));
  const brand = el("h1", "brand", {}, texts.product);
  const link = (text: string, path: string) => el("a", "", { href: address(path) }, text);
  const foot = el("footer", "side-foot", {}, link(texts.apiReference, "docs"), link(texts.dataItself, "v1/layers"));
  side.append(el("header", "side-head", {}, brand, parts.ramp, handle), parts.pickers, parts.legend, foot);
  const stage = el("main", "stage", { "aria-label": texts.map }, map, cross, buttons, ...parts.overMap);
  const page = document.getElementById("page") ?? document.body;
  page.replaceChildren(side, stage, parts.panel, parts.announcer);
  return {
    map,
    cross,
    panelShown(shown) {
      page.classList.toggle("with-panel", shown);
      if (shown) turn(false);
    },
  };
}
