import { createHash } from 'node:crypto';
import { MIB } from '../../base/units.ts';
import type { AnswerGrammar } from '../answer/answer-grammar.ts';
import {
  type ChatTaskInput,
  type ChatTaskName,
  type ChatTaskResult,
  type GrammarInput,
  readingOf,
} from './chat-tasks.ts';
import type { ChatWork, WorkOrder } from './chat-work.ts';

/** Characters of all kept grammars. The tools of a coding agent make one of some hundred thousand. */
const MAX_KEPT_CHARACTERS = 16 * MIB;
/** Demands that are longer are not recognized, because writing them out would take the server too long. */
const MAX_DEMAND_CHARACTERS = MIB;
/** What a kept entry takes beside its grammar. */
const ENTRY_CHARACTERS = 256;

/**
 * Remembers what schemas and tools were compiled to, by a digest of the demand: an agent sends the same tools with each
 * turn, and need not wait for a worker again.
 */
export function keepingGrammars(work: ChatWork, maxCharacters = MAX_KEPT_CHARACTERS): ChatWork {
  const kept = new KeptGrammars(maxCharacters);
  return async <Name extends ChatTaskName>(name: Name, input: ChatTaskInput<Name>, order: WorkOrder) => {
    const key = keyOf(name, input, order);
    if (key === undefined) return work(name, input, order);
    const known = kept.get(key);
    // The key contains the name of the task, so the result has its type.
    if (known) return known.result as ChatTaskResult<Name>;
    const result = await work(name, input, order);
    kept.set(key, result as AnswerGrammar | undefined);
    return result;
  };
}

interface Kept {
  /** undefined for a format that was only checked. */
  readonly result: AnswerGrammar | undefined;
  readonly characters: number;
}

/** The most recently used grammars, up to a number of characters. */
class KeptGrammars {
  readonly #maxCharacters: number;
  /** Least recently used first: a Map iterates in insertion order. */
  readonly #entries = new Map<string, Kept>();
  #characters = 0;

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters;
  }

  get(key: string): Kept | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  set(key: string, result: AnswerGrammar | undefined): void {
    this.#remove(key);
    const characters = ENTRY_CHARACTERS + (result?.grammar?.length ?? 0);
    this.#entries.set(key, { result, characters });
    this.#characters += characters;
    for (const oldest of this.#entries.keys()) {
      if (this.#characters <= this.#maxCharacters) return;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    this.#characters -= this.#entries.get(key)?.characters ?? 0;
    this.#entries.delete(key);
  }
}

/** @returns undefined for tasks whose results are not kept */
function keyOf(name: ChatTaskName, input: unknown, { salt = '' }: WorkOrder): string | undefined {
  if (name !== 'answerGrammar' && name !== 'checkFormat') return undefined;
  const text = textOf(name === 'checkFormat' ? input : demandOf(input as GrammarInput));
  return text === undefined
    ? undefined
    : `${name} ${createHash('sha256')
        .update(JSON.stringify([salt, text]))
        .digest('base64')}`;
}

/** What a grammar depends on: of the conversation, only how its completion begins. */
function demandOf({ demand, reading }: GrammarInput): unknown {
  if (!reading) return { demand };
  const { thinking, answerStart, callSyntax } = readingOf(reading);
  return { demand, thinking, answerStart, format: callSyntax && reading.format };
}

/** @returns undefined for a demand that is too long, too deep, or has a number such as 1e400, which JSON writes as null */
function textOf(value: unknown): string | undefined {
  let characters = 0;
  const check = (name: string, part: unknown): unknown => {
    characters += name.length + (typeof part === 'string' ? part.length : 1);
    const isExact = typeof part !== 'number' || Number.isFinite(part);
    if (characters > MAX_DEMAND_CHARACTERS || !isExact) throw new RangeError('not to be kept');
    return part;
  };
  try {
    return JSON.stringify(value, check);
  } catch {
    return undefined;
  }
}
