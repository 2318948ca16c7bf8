import { describe, expect, it } from 'vitest';
import { nameFromFile, parseParameters } from './parse-parameters.ts';

describe('parameters', () => {
  it('are numbers, switches, texts and lists', () => {
    const text = `temperature 0.7\n\n# a note\nPARAMETER num_ctx 4096\nuse_mmap false\nstop "<|end|>"\nstop Human:`;
    expect(parseParameters(text)).toEqual({
      parameters: { temperature: 0.7, num_ctx: 4096, use_mmap: false, stop: ['<|end|>', 'Human:'] },
    });
  });

  it('name the line that has no value', () => {
    expect(parseParameters('temperature 1\ntop_k').badLine).toBe('top_k');
  });

  it('keep one stop string as a list, and a number in quotes as text', () => {
    expect(parseParameters('stop 5').parameters).toEqual({ stop: [5] });
    expect(parseParameters('stop "5\\n"').parameters).toEqual({ stop: ['5\n'] });
  });
});

it.each([
  ['Fox-1B-Q4_K_M.gguf', 'fox-1b:q4_k_m'],
  ['fox.F16.GGUF', 'fox:f16'],
  ['my model (2).gguf', 'my-model-2'],
  ['plain', 'plain'],
])('makes of %s the name %s', (file, name) => {
  expect(nameFromFile(file)).toBe(name);
});
