// The parts of the page, in the order in which they are asked for clicks and Escape. A new part is a line here.

import { classingPart } from "./classing.ts";
import { embedPart } from "./embed.ts";
import { legendPart } from "./legend.ts";
import { networkPart } from "./network.ts";
import type { MakePart } from "./page.ts";
import { pickersPart } from "./pickers.ts";
import { pointerPart } from "./pointer.ts";
import { selectionPart } from "./selection.ts";
import { timePart } from "./time.ts";
import { toolsPart } from "./tools.ts";

export const parts: MakePart[] = [
  legendPart,
  pickersPart,
  classingPart,
  timePart,
  toolsPart,
  embedPart,
  networkPart,

  // The pointer and the selection come last: what others leave is theirs.
  pointerPart,
  selectionPart,
];
