import { OllamaError } from '../../base/errors.ts';
import type { EmbeddingMetadata } from '../../gguf/embedding-metadata.ts';
import type { EmbeddingFacts, RunnerFacts } from '../../protocol/load.ts';
import { clampContext } from '../../scheduler/load-target.ts';
import { MAX_CHARACTERS_PER_TOKEN } from '../completion/prompt-tokens.ts';
import type { TextRunner } from '../text-runner.ts';

/** Maximum number of special tokens that a vocabulary adds to a text. */
const MAX_SPECIAL_TOKENS = 2;

export interface InputLimits {
  /** In tokens, including those for start and end. */
  readonly contextLength: number;
  readonly truncate: boolean;
  /** Refuse what is too long, although `truncate` allows to cut it. */
  readonly isFixed?: boolean;
}

/**
 * The input limit of `/api/embed`: the training context of the model, or `num_ctx` if that is less. As in Ollama, a
 * `num_ctx` of 0 leaves room for four tokens, and what exceeds it is refused.
 */
export function embeddingLimit(
  trained: number,
  wanted: number,
): Pick<InputLimits, 'contextLength' | 'isFixed'> {
  if (wanted <= 0) return { contextLength: clampContext(0, trained), isFixed: true };
  return { contextLength: trained > 0 ? Math.min(trained, wanted) : wanted };
}

/**
 * Number of tokens available to the text itself.
 * @param content the tokens of the text without special tokens
 */
export function contentLimit(
  contextLength: number,
  content: readonly number[],
  { bos, eos }: Pick<RunnerFacts, 'bos' | 'eos'>,
  { addsBos, addsEos }: EmbeddingMetadata,
): number {
  const start = addsBos && content[0] !== bos ? 1 : 0;
  const end = addsEos && content.at(-1) !== eos ? 1 : 0;
  return contextLength - start - end;
}

/** Tokenizes input texts within the limits. */
export class InputTokenizer {
  readonly #runner: TextRunner;
  readonly #facts: EmbeddingFacts;
  readonly #metadata: EmbeddingMetadata;
  readonly #limits: InputLimits;

  constructor(runner: TextRunner, facts: EmbeddingFacts, metadata: EmbeddingMetadata, limits: InputLimits) {
    this.#runner = runner;
    this.#facts = facts;
    this.#metadata = metadata;
    this.#limits = limits;
  }

  /**
   * @throws OllamaError `prompt-too-long` with the messages of Ollama's API, `invalid-request` when there are no tokens
   */
  async tokenize(text: string, index: number): Promise<readonly number[]> {
    const { contextLength } = this.#limits;
    const longest = Math.max(contextLength, this.#facts.maxInputTokens) * MAX_CHARACTERS_PER_TOKEN;
    if (text.length > longest && !this.#limits.truncate) throw tooLong();
    const start = text.slice(0, longest);
    const whole = await this.#tokens(start, true);
    if (whole.length === 0) throw new OllamaError('invalid-request', `input ${index} has no tokens`);
    const clearlyFits =
      contextLength > MAX_SPECIAL_TOKENS && whole.length <= contextLength - MAX_SPECIAL_TOKENS;
    return clearlyFits && whole.length <= this.#facts.maxInputTokens ? whole : this.#fit(whole, start);
  }

  async #fit(whole: readonly number[], text: string): Promise<readonly number[]> {
    const content = await this.#tokens(text, false);
    const { contextLength, truncate, isFixed = false } = this.#limits;
    const limit = contentLimit(contextLength, content, this.#runner.facts, this.#metadata);
    const specials = whole.length - content.length;
    if (limit <= 0) {
      throw new OllamaError('prompt-too-long', 'input after truncation exceeds maximum context length');
    }
    const room = Math.min(limit, this.#facts.maxInputTokens - specials);
    if (content.length <= room) return whole;
    if (!truncate) throw tooLong();
    if (room <= 0 || isFixed) {
      const message = 'input exceeds maximum context length and cannot be truncated further';
      throw new OllamaError('prompt-too-long', message);
    }
    return cutContent(whole, content, room);
  }

  #tokens(text: string, addSpecial: boolean): Promise<number[]> {
    return this.#runner.tokenize(text, { addSpecial, parseSpecial: true });
  }
}

/**
 * Tokenizes a text for the older endpoint, which never shortens input.
 * @throws OllamaError `prompt-too-long` with status 500, as that endpoint returns it
 */
export async function tokenizeWhole(
  runner: TextRunner,
  facts: EmbeddingFacts,
  text: string,
): Promise<number[]> {
  const isFarTooLong = text.length > facts.maxInputTokens * MAX_CHARACTERS_PER_TOKEN;
  const tokens = isFarTooLong
    ? undefined
    : await runner.tokenize(text, { addSpecial: true, parseSpecial: true });
  if (tokens?.length === 0) throw new OllamaError('invalid-request', 'the prompt has no tokens');
  if (tokens && tokens.length <= facts.maxInputTokens) return tokens;
  throw new OllamaError('prompt-too-long', tooLong().message, { status: 500 });
}

/** Keeps the first `length` tokens of the content and all special tokens around it. */
export function cutContent(
  whole: readonly number[],
  content: readonly number[],
  length: number,
): readonly number[] {
  const specials = whole.length - content.length;
  let start = specials;
  while (start > 0 && !content.every((token, index) => token === whole[start + index])) start -= 1;
  const end = whole.slice(start + content.length);
  return [...whole.slice(0, start), ...content.slice(0, length), ...end];
}

export function tooLong(): OllamaError {
  return new OllamaError('prompt-too-long', 'the input length exceeds the context length');
}
