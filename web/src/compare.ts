// Two to five areas side by side: every indicator that one of them has, with limits where there are any.

import { fetchProfile } from "./compared.ts";
import type { Measured } from "./compared.ts";
import { el, fill } from "./element.ts";
import { decimal, withUnit } from "./number.ts";
import type { Page, Shown } from "./page.ts";
import { texts } from "./texts.ts";
import { toolTexts } from "./texts-tools.ts";
import type { Tool } from "./tools.ts";

const most = 5;

export function compareTool(page: Page): Tool {
  return new Compare(page);
}

class Compare implements Tool {
  readonly #form = el("div");
  readonly #beside = el("div");
  readonly element = el("div", "compare", {}, this.#form, this.#beside);
  readonly #page: Page;
  readonly #profiles = new Map<string, { name: string; measured: Measured[] }>();
  readonly #asked = new Set<string>();
  /** What the form and the table were last written for. */
  #formFor = "";
  #tableFor = "";

  constructor(page: Page) {
    this.#page = page;
  }

  show(shown: Shown): void {
    const codes = codesOf(shown.state.compared);
    const form = JSON.stringify([codes, shown.state.selected, shown.values?.areas.size, shown.layer?.id]);
    const table = JSON.stringify([form, codes.map((code) => this.#profiles.has(code))]);
    // A profile that comes while a name is typed must leave the form as it is.
    if (form !== this.#formFor) {
      this.#formFor = form;
      fill(this.#form, this.#choices(codes, shown));
    }
    if (table === this.#tableFor) return;
    this.#tableFor = table;
    for (const code of codes) void this.#load(code);
    fill(this.#beside, codes.length > 0 && this.#table(codes));
  }

  async #load(code: string): Promise<void> {
    if (this.#asked.has(code)) return;
    this.#asked.add(code);
    this.#page.progress.set(`profile ${code}`, true);
    try {
      this.#profiles.set(code, await fetchProfile(code));
    } catch (error) {
      this.#page.notice.show("compare", texts.valuesFailed, error instanceof Error ? error.message : String(error), () => {
        this.#asked.delete(code);
        void this.#load(code);
      });
    } finally {
      this.#page.progress.set(`profile ${code}`, false);
    }
    if (this.#page.shown) this.show(this.#page.shown);
  }

  #change(codes: string[]): void {
    this.#page.store.change({ compared: codes.join(",") || null });
  }

  #choices(codes: string[], { state, values }: Shown): HTMLElement {
    const { selected } = state;
    const add = (code: string) => this.#change([...codes, code]);
    const areas = [...(values?.areas.values() ?? [])].filter((a) => !codes.includes(a.code));
    const field = el("input", "", { id: "compare-name", list: "compare-names", autocomplete: "off", placeholder: toolTexts.compareName, "aria-label": toolTexts.compareName });
    // A list of tens of thousands would stop the page; there the map itself is the way to choose.
    const names = areas.length <= 1000 ? areas.map((a) => el("option", "", { value: this.#page.nameOf(a.code) })) : [];
    const said = el("p", "compare-said", { role: "status" });
    const form = el("form", "compare-add", {}, field, el("datalist", "", { id: "compare-names" }, ...names), el("button", "plain", {}, toolTexts.compareAdd), said);
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      const wanted = field.value.trim().toLocaleLowerCase("en-GB");
      const found = areas.find((a) => this.#page.nameOf(a.code).toLocaleLowerCase("en-GB") === wanted || a.code.toLowerCase() === wanted);
      if (found) add(found.code);
      else said.textContent = toolTexts.compareUnknown(field.value);
    });
    if (codes.length >= most) return el("p", "", {}, toolTexts.compareFull);
    const fromMap =
      selected !== null && !codes.includes(selected)
        ? el("button", "plain", { type: "button" }, toolTexts.compareAddNamed(this.#page.nameOf(selected)))
        : null;
    fromMap?.addEventListener("click", () => selected !== null && add(selected));
    return el("div", "compare-choices", {}, codes.length < 2 && el("p", "", {}, toolTexts.compareHint), fromMap, form);
  }

  #table(codes: string[]): HTMLElement {
    const name = (code: string) => this.#profiles.get(code)?.name ?? this.#page.nameOf(code);
    const head = (code: string) => {
      const remove = el("button", "remove", { type: "button", "aria-label": toolTexts.compareRemove(name(code)) }, "×");
      remove.addEventListener("click", () => this.#change(codes.filter((c) => c !== code)));
      return el("th", "number", { scope: "col" }, name(code), remove);
    };
    const all = codes.map((code) => new Map((this.#profiles.get(code)?.measured ?? []).map((m) => [m.indicator, m])));
    const first = new Map(all.flatMap((of) => [...of.values()]).map((m) => [m.indicator, m]));
    const rows = [...first.values()].map((measure) =>
      el(
        "tr",
        "",
        {},
        el("th", "", { scope: "row" }, measure.title, el("span", "row-unit", {}, [measure.unit, measure.period].filter(Boolean).join(", "))),
        ...all.map((of) => cell(of.get(measure.indicator))),
      ),
    );
    return el(
      "table",
      "",
      {},
      el("caption", "", {}, toolTexts.compareOf(codes.map(name).join(", "))),
      el("thead", "", {}, el("tr", "", {}, el("th", "", { scope: "col" }, toolTexts.compareMeasure), ...codes.map(head))),
      el("tbody", "", {}, ...rows),
    );
  }
}

function cell(measured: Measured | undefined): HTMLElement {
  if (!measured || measured.value === null)
    return el("td", "number none", {}, texts.flags[measured?.flag ?? "missing"] ?? measured?.flag ?? "");
  const { value, lower, upper, decimals, unit } = measured;
  const said = unit === "%" ? withUnit(decimal(value, decimals), unit) : decimal(value, decimals);
  const limits = lower !== null && upper !== null ? `${decimal(lower, decimals)} – ${decimal(upper, decimals)}` : null;
  return el("td", "number", {}, said, limits && el("span", "row-unit", {}, limits));
}

function codesOf(text: string | null): string[] {
  return [...new Set((text ?? "").split(",").filter(Boolean))].slice(0, most);
}
