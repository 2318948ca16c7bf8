import { describe, expect, it } from 'vitest';
import { FakeRunner } from '../../../test/fakes/runners/fake-runner.ts';
import { mostTokens, tokenizePrompt } from './prompt-tokens.ts';

const limits = { contextLength: 100, truncate: true, shift: true, keep: 4, isSent: true };
const runner = new FakeRunner({ addsBos: true, bosText: '<s>' });
const read = (text: string, changes: Partial<typeof limits> = {}) =>
  tokenizePrompt(runner, text, { limits: { ...limits, ...changes }, addSpecial: true });

describe('the tokens of a prompt', () => {
  it('are left to the runner if the text surely fits', async () => {
    const text = 'x'.repeat(23);
    expect(mostTokens({ text, addSpecial: true, contextLength: 100 })).toBe(97);
    expect((await read(text)).content).toEqual({ text, addSpecial: true, contextLength: 100 });
    expect((await read('<s>hi')).content).toEqual({ text: '<s>hi', addSpecial: false, contextLength: 100 });
  });

  it('are asked for if it might not fit, if it is long, and if the prompt is not sent at once', async () => {
    // A character outside of ASCII has several bytes.
    for (const text of ['x'.repeat(24), 'é'.repeat(12)]) {
      expect((await read(text)).content).toEqual([...Buffer.from(text)]);
    }
    const long = 'x'.repeat(2000);
    expect((await read(long, { contextLength: 100_000 })).content).toHaveLength(2000);
    expect((await read(long.slice(1), { contextLength: 100_000 })).content).toHaveProperty('text');
    expect((await read('hi', { isSent: false })).content).toEqual([...Buffer.from('hi')]);
  });

  it('are unknown if the text is far too long to fit', async () => {
    expect(await read('x'.repeat(30_000))).toEqual({ content: undefined, characters: 30_000 });
  });
});
