// Starts the page: the map, the parts, the catalogues; then keeps all in step with the state.

import { Conductor } from "./conductor.ts";
import { Page } from "./page.ts";
import { parts } from "./parts.ts";
import { standMap } from "./stand.ts";

function start(): void {
  const page = new Page();
  page.add(parts);
  standMap(page);
  new Conductor(page).start();
}

// Labels are drawn on the canvas: without this the first ones would be drawn before the font is there.
void document.fonts.load('16px "Source Sans"').finally(start);
