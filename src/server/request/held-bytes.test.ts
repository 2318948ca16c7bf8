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
});
