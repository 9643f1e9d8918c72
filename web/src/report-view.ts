// What became of the rows of a table, class by class.

import { el } from "./element.ts";
import type { Example, MatchReport } from "./loaded.ts";
import { count } from "./number.ts";
import { texts } from "./texts.ts";

const words = texts.load;

/** Classes in which nothing is amiss: their lists may stay closed. */
const sound = ["matched", "recoded", "merged", "other_layer"];

/** Names of areas without a value that are listed. */
const most = 50;

function exampleView(example: Example): HTMLElement {
  const said = words.example(example.code, example.name, example.rows);
  return el(
    "li",
    "",
    {},
    said,
    example.target ? ` ${words.leadsTo(example.target)}` : null,
    example.reason ? el("span", "reason", {}, example.reason) : null,
  );
}

export function reportView(report: MatchReport, layerTitle: string | null): HTMLElement {
  const found = report.classes.filter((c) => c.count > 0);
  const order = Object.keys(words.classes);
  found.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const classView = (c: (typeof found)[number]) => {
    const ofExamples = c.examples.reduce((sum, e) => sum + e.rows, 0);
    const list = [...c.examples.map(exampleView)];
    if (ofExamples < c.count) list.push(el("li", "", {}, words.andMore(c.count - ofExamples)));
    return el(
      "details",
      sound.includes(c.name) ? "report-class" : "report-class amiss",
      { "data-class": c.name },
      el(
        "summary",
        "",
        {},
        el("span", "report-name", {}, words.classes[c.name] ?? c.name),
        el("span", "report-about", {}, words.classAbout[c.name] ?? ""),
        el("strong", "", {}, count(c.count)),
      ),
      // It may scroll, and holds nothing that takes the focus.
      el("ul", "", { tabindex: 0 }, ...list),
    );
  };
  const { without } = report;
  return el(
    "section",
    "report",
    {},
    el("h3", "", {}, words.report),
    el(
      "p",
      "panel-note",
      {},
      `${report.file} · ${words.rows(report.rows)}`,
      layerTitle ? ` · ${words.matchedTo(layerTitle)}` : null,
    ),
    ...found.map(classView),
    without.count > 0
      ? el(
          "details",
          "report-class",
          { "data-class": "without" },
          el("summary", "", {}, el("span", "report-name", {}, words.areasWithout(without.count))),
          el(
            "ul",
            "",
            {},
            ...without.names.slice(0, most).map((name) => el("li", "", {}, name)),
            without.count > without.names.length ? el("li", "", {}, words.andMore(without.count - without.names.length)) : null,
          ),
        )
      : null,
    ...report.notes.map((note) => el("p", "panel-note", {}, note)),
  );
}
