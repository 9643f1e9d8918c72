// The parts of the page, in the order in which they are asked for clicks and Escape. A new part is a line here.

import { legendPart } from "./legend.ts";
import type { MakePart } from "./page.ts";
import { pickersPart } from "./pickers.ts";
import { pointerPart } from "./pointer.ts";
import { selectionPart } from "./selection.ts";

export const parts: MakePart[] = [
  legendPart,
  pickersPart,

  // The pointer and the selection come last: what others leave is theirs.
  pointerPart,
  selectionPart,
];
