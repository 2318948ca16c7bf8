import { messageOf } from '../../base/errors.ts';
import type { Automaton } from '../automaton/automaton.ts';
import { determinise } from '../automaton/determinise.ts';
import { minimise } from '../automaton/minimise.ts';
import { searchAutomaton } from '../automaton/nondeterministic.ts';
import { parsePattern } from '../automaton/pattern-parser.ts';
import { PatternError } from '../automaton/pattern-syntax.ts';
import type { Budget } from './budget.ts';
import { refusal } from './refusal.ts';

/** What a Unicode property class costs, which tests every code point: as much as so many states. */
const STEPS_PER_PROPERTY_CLASS = 5000;

/** Turns regular expressions into automata, and builds each one once. */
export class Patterns {
  readonly #budget: Budget;
  readonly #known = new Map<string, Automaton>();

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /**
   * Accepts the strings that contain a match of the pattern.
   * @param path JSON pointer to the pattern
   * @throws OllamaError `invalid-request` for patterns that an automaton cannot express
   */
  automaton(pattern: string, path: string): Automaton {
    const known = this.#known.get(pattern);
    if (known !== undefined) return known;
    const spend = (steps: number) => this.#budget.spend('steps', steps);
    spend(STEPS_PER_PROPERTY_CLASS * (pattern.match(/\\p/gi)?.length ?? 0));
    try {
      const built = minimise(determinise(searchAutomaton(parsePattern(pattern), spend), spend), spend);
      this.#known.set(pattern, built);
      return built;
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw refusal(path, `cannot be honoured: ${messageOf(error)}`);
    }
  }
}
