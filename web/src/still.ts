// The map as a picture that the server draws, for browsers that cannot draw the real one.

import { pictureAddress } from "./api.ts";
import { el } from "./element.ts";
import { texts } from "./texts.ts";

export class Still {
  readonly #picture = el("img", "still", { hidden: true });

  /** Puts the picture into the place of the map; `shown` is told once there is one. */
  constructor(place: HTMLElement, shown: () => void) {
    place.append(this.#picture);
    this.#picture.addEventListener("load", () => {
      this.#picture.hidden = false;
      shown();
    });
  }

  show(layer: { id: string; title: string }, indicator: { id: string; title: string }, period: string | null): void {
    this.#picture.alt = texts.pictureOf(indicator.title, layer.title);
    this.#picture.src = pictureAddress(layer.id, indicator.id, period);
  }
}
