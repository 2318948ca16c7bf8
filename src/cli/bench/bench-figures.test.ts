import { expect, it } from 'vitest';
import { figuresOf, median, type StreamTimes } from './bench-figures.ts';
import { benchPrompt } from './bench-prompt.ts';

const stream = (times: Partial<StreamTimes> = {}): StreamTimes => ({
  firstToken: 1,
  end: 3,
  promptTokens: 100,
  promptTime: 1,
  tokens: 20,
  time: 2,
  ...times,
});

it('reports the median, which one slow run does not change', () => {
  expect(median([3, 1, 100])).toBe(3);
  expect(median([1, 3])).toBe(2);
  expect(figuresOf([[stream()], [stream({ time: 200, end: 201 })], [stream()]]).decode).toBe(10);
});

it('adds up the rates of streams that run together', () => {
  const group = [stream(), stream({ firstToken: 2, promptTime: 2, end: 5, time: 4 })];
  expect(figuresOf([group])).toEqual({
    streams: 2,
    firstToken: 1.5,
    prefill: 100,
    decode: 7.5,
    decodeTotal: 10,
  });
});

it('does not return an infinite rate if no time has passed', () => {
  expect(figuresOf([[stream({ time: 0, promptTime: 0, firstToken: 1, end: 1 })]])).toMatchObject({
    prefill: 0,
    decode: 0,
    decodeTotal: 0,
  });
});

it('writes a different prompt of the given number of words each time', () => {
  const prompts = Array.from({ length: 50 }, () => benchPrompt(30, Math.random));
  expect(new Set(prompts.map((prompt) => prompt.split(' ')[0])).size).toBe(50);
  for (const prompt of prompts) expect(prompt.split(' ')).toHaveLength(31);
});
