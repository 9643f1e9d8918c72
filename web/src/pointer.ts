// The name and value of the area under the pointer, beside it.

import type { AreaValue, Indicator, Values } from "./answers.ts";
import { el, fill } from "./element.ts";
import { swatch } from "./legend.ts";
import type { Named } from "./map.ts";
import { drawn } from "./page.ts";
import type { Page, Part } from "./page.ts";
import { rank, valueText } from "./panel.ts";
import { decimal } from "./number.ts";
import { texts } from "./texts.ts";

/** Room between the pointer and the note, in pixels. */
const gap = 14;

export function pointerPart(page: Page): Part {
  const note = new PointerNote();
  page.layout.stage.append(note.element);
  let told: unknown = null;
  return {
    show(shown) {
      const what = drawn(shown).values ?? shown.layer;
      if (what !== told) note.hide();
      told = what;
    },
    point(named, at) {
      const byKeyboard = !page.layout.cross.hidden;
      if (!named || !page.shown || !(byKeyboard || matchMedia("(hover: hover)").matches)) return note.hide();
      const { values, indicator } = drawn(page.shown);
      const area = values?.areas.get(named.code) ?? null;
      const { clientWidth: width, clientHeight: height } = page.layout.map;
      note.show(named, area, indicator, values, at, { width, height });
      if (byKeyboard) page.announcer.say(`${named.name}: ${valueText(area, indicator)}`);
    },
  };
}

class PointerNote {
  readonly element = el("div", "pointer-note", { hidden: true });
  #shown = "";

  hide(): void {
    this.element.hidden = true;
    this.#shown = "";
  }

  show(
    named: Named,
    area: AreaValue | null,
    indicator: Indicator | null,
    values: Values | null,
    at: { x: number; y: number },
    room: { width: number; height: number },
  ): void {
    const key = `${named.code} ${area === null} ${values?.period}`;
    if (this.#shown !== key) {
      this.#shown = key;
      const colour = area?.class == null ? null : (values?.classes[area.class]?.fill ?? null);
      fill(
        this.element,
        el("strong", "", {}, named.name),
        indicator && area ? el("span", "pointer-value", {}, colour ? swatch(colour) : null, valueText(area, indicator)) : null,
        ...(indicator && area && values ? further(area, indicator, values) : []),
      );
    }
    this.element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const x = at.x + gap + width > room.width ? at.x - gap - width : at.x + gap;
    const y = at.y + gap + height > room.height ? at.y - gap - height : at.y + gap;
    this.element.style.transform = `translate(${Math.max(4, x)}px, ${Math.max(4, y)}px)`;
  }
}

/** Limits and rank, where there are any. */
function further(area: AreaValue, indicator: Indicator, values: Values): HTMLElement[] {
  const limits =
    area.lower !== null && area.upper !== null
      ? texts.confidence(decimal(area.lower, indicator.decimals), decimal(area.upper, indicator.decimals))
      : null;
  const place = rank(area, values.areas.values());
  return [limits, place ? texts.rank(place.place, place.of) : null]
    .filter((line) => line !== null)
    .map((line) => el("span", "pointer-more", {}, line));
}
