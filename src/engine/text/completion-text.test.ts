import { describe, expect, it } from 'vitest';
import type { CompletionLogprob } from '../../protocol/completion.ts';
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

  it('returns the log probabilities of held tokens with the text that shows them', () => {
    const text = new CompletionText(['abc']);
    expect(text.push(bytes('a'), logprob('a')).piece).toBeUndefined();
    expect(text.push(bytes('bx'), logprob('bx')).piece).toEqual({
      text: 'abx',
      logprobs: [logprob('a'), logprob('bx')],
    });
    expect(text.push(bytes('y')).piece).toEqual({ text: 'y' });
  });

  it('delivers the held text when the completion ends for another reason', () => {
    const text = new CompletionText(['abc']);
    text.push(bytes('ab'));
    expect(text.flush()).toEqual({ text: 'ab' });
    expect(text.flush()).toBeUndefined();
  });

  it('reports the token in which a banned string began, shows none of it and continues from there', () => {
    const text = new CompletionText(['stop'], ['secret']);
    expect(text.push(bytes('a '), logprob('a ')).piece).toEqual({ text: 'a ', logprobs: [logprob('a ')] });
    expect(text.push(bytes('se'), logprob('se'))).toEqual({ piece: undefined, stopped: false });
    expect(text.push(bytes('Cret'), logprob('Cret'))).toEqual({ stopped: false, bannedFrom: 1 });
    expect(text.push(bytes('b'), logprob('b')).piece).toEqual({ text: 'b', logprobs: [logprob('b')] });
    expect(text.push(bytes(' stop'))).toMatchObject({ piece: { text: ' ' }, stopped: true });
  });

  it('restores an unfinished character that began before the banned string', () => {
    const text = new CompletionText([], ['é!']);
    const [first, second] = [Uint8Array.of(0xc3), Uint8Array.of(0xa9)];
    text.push(first);
    expect(text.push(second).piece).toBeUndefined();
    expect(text.push(bytes('!')).bannedFrom).toBe(1);
    expect(text.push(Uint8Array.of(0xa8)).piece).toEqual({ text: 'è' });
  });

  it('shows at the end what was held as a possible banned string', () => {
    const text = new CompletionText(['xyz'], ['secret']);
    text.push(bytes('sec'));
    text.push(bytes('r'));
    text.push(Uint8Array.of(0xe2));
    expect(text.flush()).toEqual({ text: 'secr\uFFFD' });
    const stopped = new CompletionText(['cr'], ['secret']);
    stopped.push(bytes('sec'));
    stopped.push(bytes('r!'));
    expect(stopped.flush()).toBeUndefined();
  });

  it('reports at the end the log probability of a token without text', () => {
    const text = new CompletionText([]);
    expect(text.push(bytes('a'), logprob('a')).piece).toEqual({ text: 'a', logprobs: [logprob('a')] });
    expect(text.push(bytes(''), logprob('<end>')).piece).toBeUndefined();
    expect(text.flush()).toEqual({ text: '', logprobs: [logprob('<end>')] });
    expect(text.flush()).toBeUndefined();
  });
});
