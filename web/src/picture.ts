// Where the browser cannot draw the map: the server's picture of it stands in its place.

import { address } from "./api.ts";
import { el } from "./element.ts";
import type { Page, Part } from "./page.ts";
import { choroplethPath } from "./question.ts";
import { texts } from "./texts.ts";
import { toolTexts } from "./texts-tools.ts";

export function picturePart(page: Page): Part {
  const picture = el("img", "map-picture", {});
  const said = el("p", "map-picture-note", {}, `${texts.noWebGl}. ${toolTexts.pictureInstead}`);
  picture.hidden = true;
  page.layout.map.append(picture, said);
  page.layout.mapButtons.hidden = true;
  picture.addEventListener("load", () => page.progress.set("picture", false));
  picture.addEventListener("error", () => {
    page.progress.set("picture", false);
    const again = () => {
      picture.src = `${picture.src}`;
    };
    page.notice.show("picture", texts.tilesFailed, texts.offline, again);
  });
  return {
    show({ question, indicator, layer }) {
      if (!question || !indicator || !layer) return;
      const source = address(choroplethPath(question, ".svg"));
      if (picture.src === source) return;
      page.progress.set("picture", true);
      picture.hidden = false;
      picture.alt = toolTexts.pictureOf(indicator.title, layer.title);
      picture.src = source;
    },
  };
}
