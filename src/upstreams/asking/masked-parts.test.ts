import { describe, expect, it } from 'vitest';
import type { AnswerPart } from '../dialects/dialect.ts';
import { KeyMask } from '../transport/key-mask.ts';
import { maskedParts } from './masked-parts.ts';

const KEY = 'sk-0123456789';
const usage = { prompt: 0, cached: 0, thinking: 0, output: 0 };
const end: AnswerPart = { type: 'end', reason: 'stop', stopText: `a ${KEY}`, usage };
const text = (content: string, fields: Partial<Extract<AnswerPart, { type: 'text' }>> = {}): AnswerPart => ({
  ...{ type: 'text', content, thinking: '', calls: [] },
  ...fields,
});

async function masked(parts: readonly AnswerPart[], key = KEY): Promise<AnswerPart[]> {
  async function* all() {
    yield* parts;
  }
  const found: AnswerPart[] = [];
  for await (const part of maskedParts(all(), new KeyMask(key))) found.push(part);
  return found;
}
const joined = (parts: readonly AnswerPart[], name: 'content' | 'thinking' = 'content') =>
  parts.map((part) => (part.type === 'text' ? part[name] : '')).join('');

describe('an answer that repeats the key', () => {
  it('has it masked, however its pieces are cut', async () => {
    const whole = `sk ${KEY}, s${KEY} sk-01 sk`;
    for (let size = 1; size <= whole.length; size++) {
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
        whole.slice(at * size, (at + 1) * size),
      );
      expect(joined(await masked(pieces.map((piece) => text(piece))))).toBe('sk …, s… sk-01 sk');
      const thinking = pieces.map((piece) => text('', { thinking: piece }));
      expect(joined(await masked(thinking), 'thinking')).toBe('sk …, s… sk-01 sk');
    }
  });

  it('does not end with most of it', async () => {
    expect(joined(await masked([text(`so: ${KEY.slice(0, 9)}`), end]))).toBe('so: …');
  });

  it('has it masked in calls and in the text that ended it', async () => {
    const call = { id: `c ${KEY}`, function: { index: 0, name: 'f', arguments: { a: [`b ${KEY}`] } } };
    expect(await masked([text('', { calls: [call] }), end])).toEqual([
      text('', { calls: [{ id: 'c …', function: { index: 0, name: 'f', arguments: { a: ['b …'] } } }] }),
      { ...end, stopText: 'a …' },
    ]);
  });

  it('loses the log probabilities that would tell it, and no others', async () => {
    const token = (piece: string) => ({ token: piece, logprob: -1, bytes: [] });
    const pieces = ['hi ', 'sk-0', '123456789', ' so', ' s', 'o'];
    const found = await masked(pieces.map((piece) => text(piece, { logprobs: [token(piece)] })));
    expect(joined(found)).toBe('hi … so so');
    const kept = found.flatMap((part) => (part.type === 'text' ? (part.logprobs ?? []) : []));
    expect(kept.map((entry) => entry.token)).toEqual(['hi ', ' so', ' s', 'o']);
  });
});

describe('an answer that does not', () => {
  it('comes in the pieces in which it was sent', async () => {
    const parts = [text('', { thinking: 'Hm' }), text('a'), text('b', { thinking: 'c' })];
    expect(await masked(parts)).toEqual(parts);
  });

  it('is left alone if the key is a word that stands for none', async () => {
    const parts = [text('EMP'), text('TY'), end];
    expect(await masked(parts, 'EMPTY')).toEqual(parts);
  });
});
