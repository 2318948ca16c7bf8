import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { HeldBytes } from './held-bytes.ts';

const reply = () => Object.assign(new EventEmitter(), { closed: false }) as unknown as ServerResponse;

describe('HeldBytes', () => {
  it('refuses what exceeds the sum of all requests, until a reply has ended', () => {
    const held = new HeldBytes(100);
    const [first, second] = [reply(), reply()];
    held.ofRequest(first)(60);
    const more = held.ofRequest(second);
    more(40);
    expect(() => more(1)).toThrow('too many large requests');
    first.emit('close');
    first.emit('close');
    more(60);
    expect(() => more(1)).toThrow('too many large requests');
  });

  it('leaves room for other keys, whatever one of them sends', () => {
    const held = new HeldBytes(100, 40);
    const [greedy, other] = ['a', 'b'].map((id) => ({ id, name: `key ${id}` }));
    const first = reply();
    held.ofRequest(first, greedy)(30);
    const more = held.ofRequest(reply(), greedy);
    more(10);
    expect(() => more(1)).toThrow('the API key "key a" has too many large requests');
    held.ofRequest(reply(), other)(40);
    held.ofRequest(reply())(20);
    first.emit('close');
    more(30);
    expect(() => more(1)).toThrow('the API key "key a"');
  });
});
