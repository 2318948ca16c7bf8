import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type BatchCost,
  measuredCost,
  type ReplayedText,
  replay,
  splitIntoTokens,
} from '../../../test/fakes/draft-replay.ts';
import { DecodeCost } from './decode-cost.ts';

/** Measured on an AMD EPYC: processor time of one thread, the logits of all tokens wanted. */
const smolLm = measuredCost({ 1: 1, 2: 1.88, 4: 3, 8: 5.1, 16: 9.4, 32: 18.1, 48: 27, 64: 30.5 });
const gemma = measuredCost({ 1: 1, 2: 2.26, 4: 3, 8: 4.4, 16: 7.1, 32: 13.1, 48: 18.7, 64: 21.7 });
/** As on a GPU. */
const nearFree: BatchCost = (tokens) => 1 + 0.03 * (tokens - 1);
/** Drafts can only lose. */
const worthless: BatchCost = (tokens) => tokens;
const costs = { smolLm, gemma, nearFree, worthless };

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

function asTokens(prompt: string, answer: string): ReplayedText {
  const [promptTokens = [], answerTokens = []] = splitIntoTokens([prompt, answer]);
  return { prompt: promptTokens, answer: answerTokens };
}

/** Returns a file with a change in every 20th line. */
function edited(file: string): string {
  const lines = file.split('\n');
  return lines.map((line, index) => (index % 20 === 7 ? line.replace(/\w+/, 'changed') : line)).join('\n');
}

/** Records whose keys repeat and whose values do not. */
function records(count: number): string {
  let state = 1;
  const draw = (most: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % most;
  };
  const words = ['ash', 'birch', 'cedar', 'elm', 'fir', 'hazel', 'larch', 'maple', 'oak', 'pine', 'rowan'];
  const word = () => words[draw(words.length)] ?? '';
  const list = Array.from({ length: count }, (_, index) => ({
    id: index * 7 + 3,
    tree: word(),
    height: draw(4000) / 100,
    place: `${word()} ${word()}`,
    isOld: draw(2) === 0,
    count: draw(90),
  }));
  return JSON.stringify(list, undefined, 2);
}

/** A source file of a time: the replays are compared with fixed figures, so the text must not change. */
const source = read('test/fixtures/drafts/edited-file.txt');
const fable = 'The quick brown fox jumps over the lazy dog. ';
const editedFile = asTokens(`Edit this file:\n${source}\n`, edited(source));
const editedMethod = asTokens(`Edit one method:\n${source}\n`, edited(source.slice(3000, 5000)));
const longList = asTokens('List trees as JSON.\n', records(60));
const shortList = asTokens('List trees as JSON.\n', records(10));
const repeated = asTokens(
  `Repeat: ${fable.repeat(20)}The quick`,
  ` brown fox jumps over the lazy dog. ${fable.repeat(12)}`,
);
const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));

/** How much quicker a text is than without drafts. */
const gain = (text: ReplayedText, cost: BatchCost) => replay([text], cost)[0] ?? 0;

describe('drafts, replayed', () => {
  it('gain much where batches are nearly free', () => {
    expect(gain(editedFile, nearFree)).toBeGreaterThan(7);
    expect(gain(editedMethod, nearFree)).toBeGreaterThan(5);
    expect(gain(repeated, nearFree)).toBeGreaterThan(10);
    expect(gain(longList, nearFree)).toBeGreaterThan(1.5);
  });

  it('gain most of what there is to gain where a batch costs half of its tokens one by one', () => {
    // A batch of 64 tokens costs as much as 30.5 single ones.
    expect(gain(repeated, smolLm)).toBeGreaterThan(1.7);
    expect(gain(editedFile, smolLm)).toBeGreaterThan(1.3);
    expect(gain(editedFile, gemma)).toBeGreaterThan(1.6);
  });

  it.each(Object.entries(costs))('lose nothing once the cost is known, whatever the text: %s', (_, cost) => {
    const known = new DecodeCost();
    replay([editedFile], cost, known);
    for (const text of [editedFile, editedMethod, longList, shortList, repeated]) {
      expect(replay([text], cost, known)[0]).toBeGreaterThan(0.98);
    }
  });

  it('lose little while they find out that they lose', () => {
    expect(gain(editedMethod, worthless)).toBeGreaterThan(0.94);
  });

  it.each(pages)('lose nothing with prose: docs/%s', (page) => {
    const text = asTokens('Write a page.\n', read(`docs/${page}`).slice(0, 20_000));
    for (const cost of [smolLm, nearFree]) expect(gain(text, cost)).toBeGreaterThan(0.98);
  });

  it('gain for all streams that are served together, or are not computed', () => {
    const together = replay([editedFile, editedFile, editedFile], nearFree);
    expect(Math.min(...together)).toBeGreaterThan(2);
    for (const cost of Object.values(costs)) {
      for (const factor of replay([editedFile, longList], cost)) expect(factor).toBeGreaterThan(0.98);
    }
  });
});
