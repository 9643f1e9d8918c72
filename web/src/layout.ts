// Where the parts stand: choices and legend beside the map, on a small screen in a sheet that slides up.

import { address } from "./api.ts";
import { el, icon, icons } from "./element.ts";
import type { Page } from "./page.ts";
import { texts } from "./texts.ts";

/** The places where parts may stand. */
export interface Layout {
  /** Takes the map. */
  map: HTMLElement;
  /** Cross in the middle of the map, for the keyboard. */
  cross: HTMLElement;
  /** All around the map: cards over it are appended here. */
  stage: HTMLElement;
  /** The column beside the map; parts are appended in their order. */
  side: HTMLElement;
  /** Above the column; on a small screen what remains of it. */
  sideHead: HTMLElement;
  /** The buttons over the map; a part appends its own. */
  mapButtons: HTMLElement;
  /** Takes what is told of the selected area. */
  panel: HTMLElement;
  /** Tells whether an area is selected: on a small screen its panel takes the place of the sheet. */
  panelShown(shown: boolean): void;
}

export function layOut(page: Page): Layout {
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
    button(texts.zoomIn, icons.plus, () => page.map?.zoomBy(1)),
    button(texts.zoomOut, icons.minus, () => page.map?.zoomBy(-1)),
    button(texts.wholeMap, icons.whole, () => page.map?.showAll()),
  );
  const sheet = el("div", "side", { id: "side" });
  const handle = el("button", "handle", { type: "button", "aria-controls": "side", "aria-expanded": "false" });
  const turn = (open: boolean) => {
    sheet.classList.toggle("open", open);
    handle.setAttribute("aria-expanded", String(open));
    handle.setAttribute("aria-label", open ? texts.hideControls : texts.showControls);
  };
  turn(false);
  handle.append(icon(icons.up));
  handle.addEventListener("click", () => turn(!sheet.classList.contains("open")));
  const link = (text: string, path: string) => el("a", "", { href: address(path) }, text);
  const foot = el("footer", "side-foot", {}, link(texts.apiReference, "docs"), link(texts.dataItself, "v1/layers"));
  const head = el("header", "side-head", {}, el("h1", "brand", {}, texts.product), handle);
  const side = el("div", "side-parts");
  sheet.append(head, side, foot);
  const stage = el("main", "stage", { "aria-label": texts.map }, map, cross, buttons);
  stage.append(page.progress.element, page.notice.element);
  const panel = el("div", "panel-place");
  const whole = document.getElementById("page") ?? document.body;
  whole.replaceChildren(sheet, stage, panel, page.announcer.element);
  return {
    map,
    cross,
    mapButtons: buttons,
    stage,
    side,
    sideHead: head,
    panel,
    panelShown(shown) {
      whole.classList.toggle("with-panel", shown);
      if (shown) turn(false);
    },
  };
}
