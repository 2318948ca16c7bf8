import { OllamaError } from '../../../base/errors.ts';
import type { GgufValue } from '../../../gguf/types.ts';
import { listOf } from '../../../gguf/writer.ts';
import { tokenizerLimits } from '../limits.ts';
import { tokenTypes } from './token-types.ts';

interface Token {
  readonly text: string;
  /** One of `tokenTypes`. */
  readonly type: number;
  readonly score: number;
}

/** Score of added tokens in llama.cpp's converter. */
export const ADDED_SCORE = -1000;
/** Score of padding in a vocabulary from tokenizer.model. */
const PADDING_SCORE = -10_000;

/** Half of a character outside the basic plane: JSON allows it, UTF-8 does not. */
const loneSurrogate = /\p{Surrogate}/u;

/** The tokens of a vocabulary by ID, with padding where there is none. */
export class TokenList {
  readonly length: number;
  readonly #tokens: (Token | undefined)[];

  /** @throws OllamaError when the length is not plausible */
  constructor(length: number) {
    if (!Number.isInteger(length) || length < 1 || length > tokenizerLimits.tokens) {
      throw new OllamaError(
        'invalid-request',
        `config.json: "vocab_size" must be an integer from 1 to ${tokenizerLimits.tokens}, not ${length}`,
      );
    }
    this.length = length;
    this.#tokens = new Array<Token | undefined>(length);
  }

  at(id: number): Token | undefined {
    return this.#tokens[id];
  }

  /** Sets or replaces a token; an ID beyond the end is ignored. */
  set(id: number, text: string, type: number, score = 0): void {
    if (id < this.length) this.#tokens[id] = { text, type, score };
  }

  /** @throws OllamaError when two tokens have the same text, or a text is not valid Unicode: the engine would abort */
  metadata(withScores: boolean): (readonly [string, GgufValue])[] {
    const tokens = Array.from(
      this.#tokens,
      (token, id) => token ?? { text: `[PAD${id}]`, type: tokenTypes.unused, score: PADDING_SCORE },
    );
    checkTexts(tokens);
    const scores = tokens.map(({ score }) => score);
    return [
      [
        'tokenizer.ggml.tokens',
        listOf(
          'string',
          tokens.map(({ text }) => text),
        ),
      ],
      ...(withScores ? [['tokenizer.ggml.scores', listOf('f32', scores)] as const] : []),
      [
        'tokenizer.ggml.token_type',
        listOf(
          'i32',
          tokens.map(({ type }) => type),
        ),
      ],
    ];
  }
}

function checkTexts(tokens: readonly Token[]): void {
  const ids = new Map<string, number>();
  for (const [id, { text }] of tokens.entries()) {
    if (text.length > tokenizerLimits.tokenLength) {
      throw new OllamaError('invalid-request', `the tokenizer's token ${id} has ${text.length} characters`);
    }
    if (loneSurrogate.test(text)) {
      throw new OllamaError('invalid-request', `the tokenizer's token ${id} is not valid Unicode`);
    }
    const other = ids.get(text);
    if (other !== undefined) {
      const message = `the tokenizer's tokens ${other} and ${id} have the same text ${JSON.stringify(text)}`;
      throw new OllamaError('invalid-request', `${message}, and the engine needs different texts`);
    }
    ids.set(text, id);
  }
}
