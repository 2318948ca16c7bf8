import { OllamaError } from '../../base/errors.ts';
import type { GgufValue } from '../../gguf/types.ts';

/** Bytes that are characters by themselves. */
const ASCII = 0x80;

/**
 * Checks that a vocabulary of SentencePiece has a token for each byte. The engine writes characters that are no tokens as
 * bytes, and ends its process where one is missing (`byte_to_token` of llama-vocab.cpp).
 * @throws OllamaError `invalid-request` naming the first missing byte
 */
export function requireByteTokens(metadata: readonly (readonly [string, GgufValue])[]): void {
  const values = new Map(metadata);
  const tokens = values.get('tokenizer.ggml.tokens');
  if (values.get('tokenizer.ggml.model')?.value !== 'llama' || tokens?.type !== 'array') return;
  const texts = new Set(tokens.value.values);
  for (let byte = 0; byte < 256; byte++) {
    const name = byte.toString(16).toUpperCase().padStart(2, '0');
    if (texts.has(`<0x${name}>`) || (byte < ASCII && texts.has(String.fromCharCode(byte)))) continue;
    throw new OllamaError(
      'invalid-request',
      `the tokenizer has no token for the byte 0x${name}, and the engine needs one for each byte (byte fallback)`,
    );
  }
}
