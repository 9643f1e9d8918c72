// Starts the page: the map, the parts, the catalogues; then keeps all in step with the state.

import { Conductor } from "./conductor.ts";
import { Page } from "./page.ts";
import { parts } from "./parts.ts";
import { standMap } from "./stand.ts";

const page = new Page();
page.add(parts);
standMap(page);
new Conductor(page).start();
