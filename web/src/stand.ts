// Stands the map up: what it reports goes to the parts, and what is shown goes to it.

import { fetchBaseMap } from "./api.ts";
import { AreaMap } from "./map.ts";
import { drawn } from "./page.ts";
import type { Page, Shown } from "./page.ts";
import { picturePart } from "./picture.ts";
import { landUnder } from "./footprint.ts";
import { texts } from "./texts.ts";

export function standMap(page: Page): void {
  const { layout } = page;
  let map: AreaMap;
  try {
    map = new AreaMap(layout.map, page.store.now.view, {
      point: (area, at) => page.point(area, at),
      click: (area, at) => page.click(area, at),
      moved: (view) => page.store.change({ view }, "quiet"),
      busy: (loading) => page.progress.set("tiles", loading),
      failed: () => page.notice.show("tiles", texts.tilesFailed, texts.offline, () => location.reload()),
    });
  } catch {
    page.add([picturePart]);
    return;
  }
  page.map = map;
  void fetchBaseMap().then((base) => base && map.setBase(base));
  page.add([() => ({ show: (shown) => showOn(map, shown) })]);
  const { canvas } = map;
  canvas.setAttribute("aria-label", `${texts.map}. ${texts.mapHelp}`);
  canvas.addEventListener("focus", () => {
    const byKeyboard = canvas.matches(":focus-visible");
    layout.cross.hidden = !byKeyboard;
    map.cross(byKeyboard);
  });
  canvas.addEventListener("blur", () => {
    layout.cross.hidden = true;
    map.cross(false);
  });
}

function showOn(map: AreaMap, shown: Shown): void {
  const { layer, overlay, layers, question, state } = shown;
  const { values } = drawn(shown);
  if (!layer) return;
  const land = landUnder(layer, layers);
  void map.show(layer, overlay, land);
  // Until other values have come the old colours stay: time that is played must not flicker.
  if (values || !question) void map.colour(values);
  void map.choose(state.selected);
}
