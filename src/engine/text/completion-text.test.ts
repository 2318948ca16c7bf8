import { describe, expect, it } from 'vitest';
import type { CompletionLogprob } from '../../runner/protocol.ts';
import { CompletionText } from './completion-text.ts';

const logprob = (token: string): CompletionLogprob => ({ token, logprob: -1, bytes: [], topLogprobs: [] });
const bytes = (text: string) => Buffer.from(text);

describe('CompletionText', () => {
  it('finds a stop string whose characters span tokens', () => {
    const text = new CompletionText(['→end']);
    const arrow = Buffer.from('→');
    expect(text.push(Buffer.concat([bytes('a'), arrow.subarray(0, 1)])).piece).toEqual({ text: 'a' });
    expect(text.push(arrow.subarray(1))).toEqual({ piece: undefined, stopped: false });
    expect(text.push(bytes('endless'))).toEqual({ piece: undefined, stopped: true });
  });

  it('gives the log probabilities of held tokens with the text that shows them', () => {
    const text = new CompletionText(['abc']);
    expect(text.push(bytes('a'), logprob('a')).piece).toBeUndefined();
    expect(text.push(bytes('bx'), logprob('bx')).piece).toEqual({
      text: 'abx',
      logprobs: [logprob('a'), logprob('bx')],
    });
    expect(text.push(bytes('y')).piece).toEqual({ text: 'y' });
  });

  it('delivers what it held when the completion ends for another reason', () => {
    const text = new CompletionText(['abc']);
    text.push(bytes('ab'));
    expect(text.flush()).toEqual({ text: 'ab' });
    expect(text.flush()).toBeUndefined();
  });
});
