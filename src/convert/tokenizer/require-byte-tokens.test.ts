import { expect, it } from 'vitest';
import { listOf } from '../../gguf/writer.ts';
import { requireByteTokens } from './require-byte-tokens.ts';

const bytes = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);

function check(model: string, tokens: readonly string[]): void {
  requireByteTokens([
    ['tokenizer.ggml.model', { type: 'string', value: model }],
    ['tokenizer.ggml.tokens', listOf('string', tokens)],
  ]);
}

it('takes a vocabulary with all bytes, where a character of ASCII may stand for its byte', () => {
  check('llama', ['<unk>', ...bytes]);
  check('llama', ['<unk>', 'A', ...bytes.filter((token) => token !== '<0x41>')]);
});

it('names the first byte that has no token, because the engine would end at a text with it', () => {
  expect(() => check('llama', ['<unk>', 'A', ...bytes.filter((token) => token !== '<0xC3>')])).toThrow(
    'no token for the byte 0xC3',
  );
  expect(() => check('llama', ['<unk>'])).toThrow('no token for the byte 0x00');
});

it('asks this of no other kind of vocabulary', () => {
  check('gpt2', ['a']);
  check('bert', ['a']);
});
