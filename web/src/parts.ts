// The parts of the page, in the order in which they are asked for clicks and Escape. A new part is a line here.

import { aroundPart } from "./around.ts";
import { classingPart } from "./classing.ts";
import { embedPart } from "./embed.ts";
import { findPart } from "./find.ts";
import { legendPart } from "./legend.ts";
import { loadPart } from "./load.ts";
import { networkPart } from "./network.ts";
import type { MakePart } from "./page.ts";
import { paperPart } from "./paper.ts";
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
  paperPart,
  findPart,
  loadPart,

  // The pointer and the selection come last: what others leave is theirs.
  pointerPart,
  selectionPart,
  // Over the selection's panel lie those that open on top of it; below it lies the circle's.
  aroundPart,
];
