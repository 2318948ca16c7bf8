import type { Vocabulary } from '../../convert/tokenizer/vocabulary.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { areEqual, type Limitation, limitationsOf, type Tokenizers } from './limitations.ts';
import type { OriginalEncoder } from './original-encoder.ts';
import { probesWithTokens, probeTexts } from './probe-texts.ts';

/** A text that the engine encodes otherwise than the original. */
export interface Difference {
  readonly text: string;
  readonly engine: readonly number[];
  readonly original: readonly number[];
}

export interface Comparison {
  /** The first difference that no limitation of the engine explains; undefined when there is none. */
  readonly difference: Difference | undefined;
  /** Number of texts compared until then. */
  readonly compared: number;
  /** Limitations that explain differences, each with the first text. */
  readonly limited: ReadonlyMap<Limitation, string>;
}

/** Compares the engine's tokens with those of the original, text by text, up to the first difference. */
export function compareTokenizers(
  tokenizer: Tokenizer,
  encoders: readonly OriginalEncoder[],
  { original }: Vocabulary,
  preTokenizer: string | undefined,
): Comparison {
  const limitations = limitationsOf(original, preTokenizer);
  const limited = new Map<Limitation, string>();
  let compared = 0;
  for (const encoder of encoders) {
    const tokenizers: Tokenizers = {
      engine: (text) => tokenizer.tokenize(text, false, true),
      original: (text) => encoder.encode(text),
    };
    for (const text of textsFor(encoder, original.addedTokens.values())) {
      const difference = differenceOf(text, tokenizers);
      const limitation = difference && limitations.find((one) => one.explains(text, tokenizers, original));
      if (limitation && !limited.has(limitation)) limited.set(limitation, text);
      if (difference && !limitation) return { difference, compared, limited };
      compared++;
    }
  }
  return { difference: undefined, compared, limited };
}

function textsFor(encoder: OriginalEncoder, added: Iterable<{ readonly text: string }>): readonly string[] {
  if (!encoder.findsAddedTokens) return probeTexts;
  return [...probeTexts, ...probesWithTokens([...added].map(({ text }) => text))];
}

function differenceOf(text: string, tokenizers: Tokenizers): Difference | undefined {
  const engine = tokenizers.engine(text);
  const original = tokenizers.original(text);
  return areEqual(engine, original) ? undefined : { text, engine, original };
}
