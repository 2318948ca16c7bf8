import { describe, expect, it } from 'vitest';
import { Utf8Holder, unfinishedCharacter } from './utf8-holder.ts';

describe('Utf8Holder', () => {
  it('gives the same text wherever the bytes are split', () => {
    const text = 'aé€😀 – 漢字';
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size++) {
      const holder = new Utf8Holder();
      let result = '';
      for (let at = 0; at < bytes.length; at += size) result += holder.push(bytes.subarray(at, at + size));
      expect(result + holder.flush()).toBe(text);
    }
  });

  it('never delivers part of a character', () => {
    const holder = new Utf8Holder();
    const bytes = Buffer.from('😀');
    expect(holder.push(bytes.subarray(0, 3))).toBe('');
    expect(holder.push(bytes.subarray(3))).toBe('😀');
  });

  it('turns invalid UTF-8 into U+FFFD instead of holding it for ever', () => {
    const holder = new Utf8Holder();
    expect(holder.push(Uint8Array.of(0xff, 0x41))).toBe('\uFFFDA');
    expect(holder.push(Uint8Array.of(0xe2, 0x82)) + holder.flush()).toBe('\uFFFD');
  });

  it('keeps a byte order mark that comes later in the text', () => {
    const holder = new Utf8Holder();
    expect(holder.push(Buffer.from('a')) + holder.push(Buffer.from('\uFEFFb'))).toBe('a\uFEFFb');
  });
});

describe('unfinishedCharacter', () => {
  it('returns the bytes that a holder would hold back', () => {
    const bytes = Buffer.from('aé€😀');
    for (let size = 0; size <= bytes.length; size++) {
      const rest = bytes.subarray(0, size);
      const holder = new Utf8Holder();
      const text = holder.push(rest);
      const waiting = Buffer.from(unfinishedCharacter(rest));
      expect(Buffer.concat([Buffer.from(text), waiting])).toEqual(Buffer.from(rest));
    }
  });

  it('returns nothing where no character has begun', () => {
    expect(unfinishedCharacter(Uint8Array.of(0x80, 0x80, 0x80, 0x80))).toHaveLength(0);
    expect(unfinishedCharacter(Uint8Array.of(0xe2, 0x41))).toHaveLength(0);
  });
});
