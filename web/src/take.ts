// Take away: pictures, files, the address behind the view, and what to paste to show the map in another page.

import { address } from "./api.ts";
import { el, fill } from "./element.ts";
import { isLoaded } from "./loaded.ts";
import type { Page } from "./page.ts";
import { choroplethPath } from "./question.ts";
import { toolTexts } from "./texts-tools.ts";
import type { Tool } from "./tools.ts";

/** Borders of files are true to this many metres: sharp on a screen, and a tenth of the bytes. */
const fileTolerance_m = "50";

export function takeTool(page: Page): Tool {
  const element = el("div", "take");
  let written = "";

  const copied = (label: string, id: string, text: string) => {
    const field = el("textarea", "", { id, readonly: true, rows: text.length > 90 ? 3 : 1, spellcheck: "false" }, text);
    const button = el("button", "plain", { type: "button" }, toolTexts.copy);
    button.addEventListener("click", () => {
      field.select();
      void navigator.clipboard?.writeText(text).then(() => {
        button.textContent = toolTexts.copied;
        page.announcer.say(toolTexts.copied);
      });
    });
    return el("div", "take-text", {}, el("label", "", { for: id }, label), field, button);
  };

  return {
    element,
    show({ question }) {
      // The address of the page follows a moving map a little later.
      const here = new URL(page.address());
      if (!question || written === here.href) return;
      written = here.href;
      if (isLoaded(question.indicator)) return fill(element, toolTexts.ownTable);
      // Of a nearer view, the areas that meet it.
      const bounds = page.map?.bounds;
      const part: Record<string, string> = bounds ? { bbox: bounds.map((side) => side.toFixed(4)).join(",") } : {};
      const file = (label: string, form: string, more: Record<string, string> = {}) =>
        el("li", "", {}, el("a", "", { href: address(choroplethPath(question, form, more)), download: true }, label));
      const embedded = new URL(here);
      embedded.hash = embedded.hash.replace(/&?tool=take/, "").replace("#&", "#");
      embedded.search = "?embed";
      // The address stands in an attribute: `&` is the one letter of it that means something there.
      const snippet = `<iframe src="${embedded.href.replace(/&/g, "&amp;")}" title="${toolTexts.mapFrame}" width="100%" height="600" loading="lazy"></iframe>`;
      fill(
        element,
        el(
          "ul",
          "take-files",
          {},
          file(toolTexts.picture, ".png", { width: "1600", ...part }),
          file(toolTexts.pictureSvg, ".svg", part),
          file(toolTexts.geojson, ".geojson", { tolerance_m: fileTolerance_m }),
          file(toolTexts.csv, ".csv"),
        ),
        copied(toolTexts.pageAddress, "take-page", here.href),
        copied(toolTexts.apiAddress, "take-api", address(choroplethPath(question, "/values.json"))),
        copied(toolTexts.embed, "take-embed", snippet),
      );
    },
  };
}
