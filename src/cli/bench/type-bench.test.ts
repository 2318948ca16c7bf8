import { describe, expect, it } from 'vitest';
import { figuresOfTypes, readTypes } from './type-bench.ts';
import { typeBenchText } from './type-bench-text.ts';

const run = (decode: number, prefill: number) => ({
  firstToken: 0,
  end: 0,
  promptTokens: prefill,
  promptTime: 1,
  tokens: decode,
  time: 1,
});

describe('a comparison of types', () => {
  const copies = [
    { type: 'Q4_0', size: 91_000_000, times: [run(100, 500), run(10, 50), run(80, 400)] },
    { type: 'Q4_1', size: 98_000_000, times: [run(50, 200), run(5, 20), run(60, 160)] },
  ];

  it('has the medians of the rates, and of the ratios within each round', () => {
    expect(figuresOfTypes(copies)).toEqual([
      { type: 'Q4_0', size: 91_000_000, decode: 80, prefill: 400, decodeRatio: 1, prefillRatio: 1 },
      { type: 'Q4_1', size: 98_000_000, decode: 50, prefill: 160, decodeRatio: 0.5, prefillRatio: 0.4 },
    ]);
  });

  it('is a table whose ratios are to the first type', () => {
    const types = figuresOfTypes(copies);
    const text = typeBenchText({ model: 'm', promptTokens: 512, types, isKept: true });
    expect(text.split('\n').map((line) => line.trimEnd())).toEqual([
      'TYPE    SIZE     DECODE    RATIO     PREFILL    RATIO',
      'Q4_0    91 MB    80.0      1.00 x    400.0      1.00 x',
      'Q4_1    98 MB    50.0      0.50 x    160.0      0.40 x',
      '',
      'Prompts have 512 tokens. Rates are tokens per second, ratios are to Q4_0. All figures are medians.',
      '"ollama create -q auto" and "ollama show" use these figures from now on.',
      '',
    ]);
  });
});

describe('--types', () => {
  it('is a list in any letter case, each type once', () => {
    expect(readTypes('q4_0, q4_K_M,Q4_0,')).toEqual(['Q4_0', 'Q4_K_M']);
  });

  it.each([
    ['', /name at least one type/],
    [Array.from({ length: 13 }, (_, index) => `q${index}`).join(), /at most 12 types/],
  ])('refuses %j', (text, message) => {
    expect(() => readTypes(text)).toThrow(message);
  });
});
