import { describe, expect, it } from 'vitest';
import type { CompletionRequest, PromptText } from '../protocol/completion.ts';
import { RepeatedTexts } from './repeated-texts.ts';

const plain = { addSpecial: false, parseSpecial: false };

describe('the tokens of a short text', () => {
  it('are known if it was tokenized in the same way before, and each caller gets a list of its own', () => {
    const texts = new RepeatedTexts();
    const tokens = [1, 2, 3];
    texts.add('one two', plain, tokens);
    tokens.push(4);
    const found = texts.find('one two', plain);
    expect(found).toEqual([1, 2, 3]);
    found?.push(5);
    expect(texts.find('one two', plain)).toEqual([1, 2, 3]);
    expect(texts.find('one two', { ...plain, addSpecial: true })).toBeUndefined();
    expect(texts.find('one two', { ...plain, parseSpecial: true })).toBeUndefined();
    expect(texts.find('one  two', plain)).toBeUndefined();
  });

  it('are known for the same salt only', () => {
    const texts = new RepeatedTexts();
    texts.add('one', { ...plain, salt: 'a' }, [1]);
    expect(texts.find('one', { ...plain, salt: 'a' })).toEqual([1]);
    expect(texts.find('one', { ...plain, salt: 'b' })).toBeUndefined();
    expect(texts.find('one', plain)).toBeUndefined();
    // A text that looks like a salt and a text.
    expect(texts.find('1 aone', plain)).toBeUndefined();
    const prompt: PromptText = { text: 'two', addSpecial: true, contextLength: 4 };
    texts.addPrompt(prompt, [2], 'a');
    const request = { prompt, keep: -1, maxTokens: 7 } as CompletionRequest<PromptText>;
    expect(texts.tokenized({ ...request, cacheSalt: 'a' })).toMatchObject({ prompt: [2] });
    expect(texts.tokenized({ ...request, cacheSalt: 'b' })).toBeUndefined();
    expect(texts.tokenized(request)).toBeUndefined();
  });

  it('are forgotten after 64 other texts, and not kept for long texts', () => {
    const texts = new RepeatedTexts();
    for (let index = 0; index <= 64; index++) texts.add(`${index}`, plain, [index]);
    expect(texts.find('0', plain)).toBeUndefined();
    expect(texts.find('1', plain)).toEqual([1]);
    const long = 'x'.repeat(10_000);
    texts.add(long, plain, [1]);
    expect(texts.find(long, plain)).toBeUndefined();
  });
});

describe('a request whose prompt is a text', () => {
  const prompt: PromptText = { text: 'one two', addSpecial: true, contextLength: 4 };
  const request = { prompt, keep: -1, maxTokens: 7 } as CompletionRequest<PromptText>;

  it('gets the tokens that are known, and keeps what it asks for', () => {
    const texts = new RepeatedTexts();
    texts.addPrompt(prompt, [1, 2, 3]);
    expect(texts.tokenized(request)).toEqual({ prompt: [1, 2, 3], keep: 2, maxTokens: 7 });
    expect(texts.find('one two', { addSpecial: true, parseSpecial: true })).toEqual([1, 2, 3]);
  });

  it('stays as it is if the tokens are not known, do not fit or are given', () => {
    const texts = new RepeatedTexts();
    expect(texts.tokenized(request)).toBeUndefined();
    texts.addPrompt(prompt, [1, 2, 3, 4]);
    expect(texts.tokenized(request)).toBeUndefined();
    texts.addPrompt(prompt, [1, 2]);
    expect(texts.tokenized({ ...request, prompt: { ...prompt, addSpecial: false } })).toBeUndefined();
    expect(texts.tokenized({ ...request, prompt: [1, 2] })).toBeUndefined();
  });
});
