import { OllamaError } from '../../base/errors.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { Automaton } from './automaton.ts';
import { grammarProgram } from './grammar-program.ts';
import { Matcher } from './matcher.ts';
import { MatcherLimit } from './matcher-limit.ts';
import { Vocabulary } from './vocabulary.ts';

/** Grammars whose automata are kept; an agent uses a few, and a server some more agents. */
const MAX_GRAMMARS = 64;
/** Memory that they may take together. */
const MAX_BYTES = 64 * 2 ** 20;
/** What one of the entries that an automaton counts takes, with its share of maps. */
const BYTES_PER_ENTRY = 150;
/** What one character of the grammar takes, with the program made of it. */
const BYTES_PER_CHARACTER = 20;

/** A grammar that has been read. */
export interface KnownGrammar {
  /** Absent when only llama.cpp's sampler can match it. */
  readonly automaton?: Automaton;
  /** Whether llama.cpp would ignore one of its upper limits. */
  readonly hasGreatBounds: boolean;
}

/** The automata of a model's grammars, the least recently used of which are dropped. */
export class Matchers {
  readonly #vocabulary: Vocabulary;
  readonly #grammars = new Map<string, KnownGrammar>();

  constructor(tokenizer: Tokenizer) {
    this.#vocabulary = new Vocabulary(tokenizer);
  }

  /** @returns undefined for a grammar that has not been read lately */
  find(grammar: string): KnownGrammar | undefined {
    const known = this.#grammars.get(grammar);
    if (known === undefined) return undefined;
    this.#grammars.delete(grammar);
    this.#grammars.set(grammar, known);
    return known;
  }

  /** Reads a grammar that llama.cpp can read. */
  add(grammar: string): KnownGrammar {
    const known = read(grammar);
    this.#grammars.set(grammar, known);
    this.#drop();
    return known;
  }

  /** Starts to read the vocabulary, too. */
  matcher(automaton: Automaton): Matcher {
    this.#drop();
    void this.#vocabulary.read();
    return new Matcher(automaton, this.#vocabulary);
  }

  #drop(): void {
    let bytes = 0;
    for (const [index, [grammar, known]] of [...this.#grammars].reverse().entries()) {
      bytes += BYTES_PER_CHARACTER * grammar.length + BYTES_PER_ENTRY * (known.automaton?.known ?? 0);
      if (index > 0 && (index >= MAX_GRAMMARS || bytes > MAX_BYTES)) this.#grammars.delete(grammar);
    }
  }
}

function read(grammar: string): KnownGrammar {
  try {
    const program = grammarProgram(grammar);
    return { automaton: new Automaton(program), hasGreatBounds: program.hasGreatBounds };
  } catch (error) {
    // Also what our parser does not read as GBNF, such as larger grammars than users may write.
    if (error instanceof MatcherLimit || error instanceof OllamaError) return { hasGreatBounds: false };
    throw error;
  }
}
