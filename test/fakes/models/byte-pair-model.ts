import { listOf } from '../../../src/gguf/writer.ts';
import { vocabularyWith, writeRandomModel } from './random-model.ts';

/** Byte pairs whose merges the vocabulary has, in the order of their ranks. */
const pairs = ['t h', 'th e', 'Ġ the', 'a n', 'an d', 'Ġ and', 'i n', 'Ġ Ġ', 'ĠĠ ĠĠ', 'Ã ©', 'l l', "' s"];
const NORMAL = 1;
const CONTROL = 3;

/**
 * Writes a random model with a byte-level BPE vocabulary.
 * @param split the value of `tokenizer.ggml.pre`, which says how a text is split into words
 * @param more the bytes of further tokens; they may be parts of characters
 */
export async function writeBytePairModel(
  path: string,
  split: string,
  more: readonly Uint8Array[] = [],
): Promise<void> {
  const characters = byteCharacters();
  const texts = more.map((bytes) => Array.from(bytes, (byte) => characters[byte]).join(''));
  const basic = ['<|mark|>', ...characters, ...pairs.map((pair) => pair.replace(' ', ''))];
  const words = [...new Set([...basic, ...texts])];
  const filler = vocabularyWith([]).length;
  const tokens = [...words, ...Array.from({ length: filler }, (_, index) => `<|filler${index}|>`)];
  const isControl = (text: string) => text.startsWith('<|');
  await writeRandomModel(path, {
    vocabulary: words,
    metadata: {
      'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
      'tokenizer.ggml.pre': { type: 'string', value: split },
      'tokenizer.ggml.tokens': listOf('string', tokens),
      'tokenizer.ggml.token_type': listOf(
        'i32',
        tokens.map((text) => (isControl(text) ? CONTROL : NORMAL)),
      ),
      'tokenizer.ggml.merges': listOf('string', pairs),
      'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
    },
  });
}

/** The characters that stand for the 256 bytes, as GPT-2 chose them: printable ones for themselves. */
function byteCharacters(): string[] {
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(isPrintable ? byte : 0x100 + others++);
  });
}
