// Two orders side by side: who enters the worst third and who leaves it, how alike the orders are, how many people live there.

import type { Comparison, Move } from "./composite.ts";
import { el, fill } from "./element.ts";
import { count, decimal } from "./number.ts";
import { levellingTexts as words } from "./texts-levelling.ts";

/** What the view needs to know beside the comparison. */
export interface MoversScene {
  comparison: Comparison;
  /** What is looked at and what it is compared with, in words. */
  title: string;
  select(code: string): void;
}

/** The moves into category 1 and out of it. */
export function moversOf(comparison: Comparison): { enters: Move[]; leaves: Move[] } {
  return {
    enters: comparison.moves.filter((move) => move.to === 1).sort((a, b) => a.rankAfter - b.rankAfter),
    leaves: comparison.moves.filter((move) => move.from === 1).sort((a, b) => a.rankBefore - b.rankBefore),
  };
}

export class MoversView {
  readonly element = el("div", "movers");

  show({ comparison, title, select }: MoversScene): void {
    const { enters, leaves } = moversOf(comparison);
    const { areas, moves, spearman, residentsMoved, areasWithoutResidents } = comparison;
    const unknown = areasWithoutResidents > 0 ? words.residentsUnknown(areasWithoutResidents) : "";
    const residents = areasWithoutResidents === moves.length && moves.length > 0 ? words.noResidents : count(residentsMoved);
    const fact = (term: string, detail: string, more = "") =>
      el("div", "", {}, el("dt", "", {}, term), el("dd", "", {}, detail, more !== "" && el("span", "row-unit", {}, more)));
    fill(
      this.element,
      el("h3", "", {}, title),
      el(
        "dl",
        "movers-facts",
        {},
        fact(words.moved, words.ofAreas(moves.length, areas)),
        fact(words.spearman, spearman === null ? "–" : decimal(spearman, 3)),
        fact(words.residents, residents, residents === words.noResidents ? "" : unknown),
      ),
      el("div", "movers-lists", {}, list("enters", words.entersThird(enters.length), enters, select), list("leaves", words.leavesThird(leaves.length), leaves, select)),
    );
  }
}

function list(kind: string, title: string, moves: Move[], select: (code: string) => void): HTMLElement {
  const row = (move: Move) => {
    const name = el("button", "row-name", { type: "button" }, move.name);
    name.addEventListener("click", () => select(move.code));
    return el("li", "", {}, name, el("span", "movers-ranks", {}, words.fromTo(move.rankBefore, move.rankAfter)));
  };
  return el("section", kind, {}, el("h4", "", {}, title), moves.length > 0 ? el("ul", "", {}, ...moves.map(row)) : el("p", "", {}, words.none));
}
