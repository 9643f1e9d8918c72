// In the page of another, the map and its legend stand alone, with a way to the whole.

import { el } from "./element.ts";
import type { Page, Part } from "./page.ts";
import { toolTexts } from "./texts-tools.ts";

export function embedPart(page: Page): Part {
  if (!page.embedded) return {};
  document.documentElement.classList.add("embedded");
  const whole = el("a", "open-whole", { target: "_blank", rel: "noopener" }, toolTexts.openWhole);
  page.layout.sideHead.append(whole);
  return {
    show() {
      const address = new URL(page.address());
      address.search = "";
      whole.href = address.href;
    },
  };
}
