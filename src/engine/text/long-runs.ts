/**
 * llama.cpp splits a text into words before it applies a BPE vocabulary. For some vocabularies it does so with
 * `std::regex`, which recurses once per character of a word and ends the process when the stack is full.
 */
import type { Bindings, Pointer } from '../native/bindings.ts';

/**
 * Characters of one kind in a row. Twice as many end the process on a stack of 2 MiB, the smallest that Node's threads
 * have.
 */
const MAX_RUN = 5000;
/** `llama_vocab_type` of BPE. */
const BPE = 2;
const KEY_BYTES = 64;

/** Vocabularies (`tokenizer.ggml.pre`) whose words llama.cpp finds with code of its own. Measured with 100,000 letters. */
const handWritten: ReadonlySet<string> = new Set([
  'chatglm-bpe',
  'command-r',
  'dbrx',
  'deepseek-r1-qwen',
  'exaone',
  'gemma4',
  'glm4',
  'gpt-2',
  'granite-docling',
  'hunyuan',
  'jina-v2-de',
  'kimi-k2',
  'llama-bpe',
  'llama3',
  'megrez',
  'minerva-7b',
  'mpt',
  'olmo',
  'qwen2',
  'qwen35',
  'refact',
  'smaug-bpe',
  'smollm',
  'stablelm2',
  'starcoder',
]);

/** Longest run of one kind of characters that the model's vocabulary can take; Infinity = any. */
export function longestRunFor(bindings: Bindings, model: Pointer): number {
  if (bindings.vocabularyType(bindings.vocabulary(model)) !== BPE) return Number.POSITIVE_INFINITY;
  const value = Buffer.alloc(KEY_BYTES);
  const length = bindings.metadataText(model, 'tokenizer.ggml.pre', value, value.length);
  const isHandWritten = length > 0 && handWritten.has(value.toString('utf8', 0, length));
  return isHandWritten ? Number.POSITIVE_INFINITY : MAX_RUN;
}

const UNKNOWN = 0;
const SPACE = 1;
const WORD = 2;
const OTHER = 3;
/** Half of a character; counts as whatever comes before it. */
const HALF = 4;
const UTF16_UNITS = 0x1_00_00;

/** The kind of each UTF-16 unit, found on first use. */
const kinds = new Uint8Array(UTF16_UNITS);

/** Length of the longest run of spaces, of letters and digits, or of other characters, in UTF-16 units. */
export function longestRun(text: string): number {
  let longest = 0;
  let run = 0;
  let previous = UNKNOWN;
  for (let at = 0; at < text.length; at++) {
    const kind = kindOf(text.charCodeAt(at));
    if (kind === previous || kind === HALF) run++;
    else {
      run = 1;
      previous = kind;
    }
    if (run > longest) longest = run;
  }
  return longest;
}

function kindOf(unit: number): number {
  const known = kinds[unit] ?? UNKNOWN;
  if (known !== UNKNOWN) return known;
  const character = String.fromCharCode(unit);
  const kind = /[\ud800-\udfff]/.test(character)
    ? HALF
    : /\s/.test(character)
      ? SPACE
      : /[\p{L}\p{M}\p{N}]/u.test(character)
        ? WORD
        : OTHER;
  kinds[unit] = kind;
  return kind;
}
