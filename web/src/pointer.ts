// The name and value of the area under the pointer, beside it.

import type { AreaValue, Indicator } from "./answers.ts";
import { el, fill } from "./element.ts";
import { swatch } from "./legend.ts";
import type { Named } from "./map.ts";
import { valueText } from "./panel.ts";

/** Room between the pointer and the note, in pixels. */
const gap = 14;

export class PointerNote {
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
    colour: string | null,
    at: { x: number; y: number },
    room: { width: number; height: number },
  ): void {
    const key = `${named.code} ${area === null}`;
    if (this.#shown !== key) {
      this.#shown = key;
      fill(
        this.element,
        el("strong", "", {}, named.name),
        indicator && area ? el("span", "pointer-value", {}, colour ? swatch(colour) : null, valueText(area, indicator)) : null,
      );
    }
    this.element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const x = at.x + gap + width > room.width ? at.x - gap - width : at.x + gap;
    const y = at.y + gap + height > room.height ? at.y - gap - height : at.y + gap;
    this.element.style.transform = `translate(${Math.max(4, x)}px, ${Math.max(4, y)}px)`;
  }
}
