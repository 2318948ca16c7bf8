import type { GgufValue } from '../../../src/gguf/types.ts';
import { encodeGguf, listOf } from '../../../src/gguf/writer.ts';

/** Tokens that llama.cpp looks up by their text when it lays out pictures. */
const marks = [
  '<image>',
  '</image>',
  '<slice>',
  '</slice>',
  '<fake_token_around_image>',
  '<global-img>',
  '<|img_thumbnail|>',
];

const NORMAL = 1;
const CONTROL = 3;
/** The first of the characters that stand for bytes without a printable one (GPT-2's table). */
const FIRST_STAND_IN = 256;

/**
 * A model file that has only a vocabulary: a token for each byte, one for two line breaks, and the marks.
 * @param architecture decides how positions count
 */
export function tinyVocabulary(architecture: string): Uint8Array {
  const bytes = byteTexts();
  const lineBreak = bytes['\n'.charCodeAt(0)] ?? '';
  const words = [...bytes, lineBreak + lineBreak, '<s>', '</s>', ...marks];
  const isControl = (index: number) => index > bytes.length;
  const text = (value: string): GgufValue => ({ type: 'string', value });
  const metadata: Record<string, GgufValue> = {
    'general.architecture': text(architecture),
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('default'),
    'tokenizer.ggml.tokens': listOf('string', words),
    'tokenizer.ggml.token_type': listOf(
      'i32',
      words.map((_, index) => (isControl(index) ? CONTROL : NORMAL)),
    ),
    'tokenizer.ggml.merges': listOf('string', [`${lineBreak} ${lineBreak}`]),
    'tokenizer.ggml.bos_token_id': { type: 'u32', value: bytes.length + 1 },
    'tokenizer.ggml.eos_token_id': { type: 'u32', value: bytes.length + 2 },
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
  };
  return encodeGguf({ metadata, tensors: [] });
}

function byteTexts(): string[] {
  let next = FIRST_STAND_IN;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(isPrintable ? byte : next++);
  });
}
