// Values as they come from the server, and the last ones kept, so that going back and forth asks nothing twice.

import type { Values } from "./answers.ts";
import { fetchValues } from "./api.ts";
import { isLoaded, loadedValues } from "./loaded.ts";
import type { Question } from "./question.ts";

/** How many answers are kept. */
const kept = 16;

export type { Question } from "./question.ts";

/** A question that came to nothing. */
export class Failed {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

export class ValuesShelf {
  readonly #known = new Map<string, Values>();
  #asking = new AbortController();

  /** The values, when they are here already. */
  at(question: Question): Values | null {
    return this.#known.get(JSON.stringify(question)) ?? null;
  }

  /** Lets go of all values: the server holds others. */
  forget(): void {
    this.#known.clear();
  }

  /** Drops the question that is under way. */
  rest(): void {
    this.#asking.abort();
  }

  /** Asks, dropping what was asked before; null when it was itself dropped. */
  async load(question: Question): Promise<Values | Failed | null> {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const own = isLoaded(question.indicator);
      const values = await (own ? loadedValues(question, signal) : fetchValues(question, signal));
      this.#known.set(JSON.stringify(question), values);
      const oldest = this.#known.keys().next().value;
      if (this.#known.size > kept && oldest !== undefined) this.#known.delete(oldest);
      return signal.aborted ? null : values;
    } catch (error) {
      return signal.aborted ? null : new Failed(error);
    }
  }
}
