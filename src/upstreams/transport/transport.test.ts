import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';
import { eventReader } from './reply-events.ts';
import { statusFailure } from './upstream-errors.ts';

describe('lines', () => {
  const text = 'first\r\nsecond\n\nthird';
  it('are the same however the bytes are cut', () => {
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size++) {
      const splitter = new LineSplitter();
      const lines: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        // The memory of a chunk is used again, as that of a socket is.
        const chunk = Buffer.from(bytes.subarray(at, at + size));
        lines.push(...splitter.push(chunk).map((line) => Buffer.from(line).toString()));
        chunk.fill(0);
      }
      lines.push(...splitter.end().map((line) => Buffer.from(line).toString()));
      expect(lines).toEqual(['first', 'second', '', 'third']);
    }
  });

  it('beyond the limit are refused, also in pieces', () => {
    const splitter = new LineSplitter(10);
    splitter.push(Buffer.from('12345'));
    splitter.push(Buffer.from('67890\n1'));
    expect(() => splitter.push(Buffer.from('2345678901'))).toThrow('more than 10 bytes');
  });
});

describe('server-sent events', () => {
  const read = (text: string) =>
    eventReader('sse')
      .push(Buffer.from(text))
      .map(({ name, data }) => [name, Buffer.from(data).toString()]);

  it('have names and data, and no comments', () => {
    expect(read(': hi\n\nevent: a\ndata: 1\n\ndata:2\r\n\r\nid: 3\nretry: 5\n\n')).toEqual([
      ['a', '1'],
      ['', '2'],
    ]);
  });

  it('join the lines of one', () => {
    expect(read('data: a\ndata: b\n\n')).toEqual([['', 'a\nb']]);
  });

  it('that are not complete are none', () => {
    expect(read('data: a\n')).toEqual([]);
  });
});

describe('a Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const failure = (retryAfter: string) => statusFailure('up', { status: 429, text: '', retryAfter }, now);

  it.each([
    ['7', 7000],
    ['Thu, 01 Jan 2026 00:00:09 GMT', 9000],
  ])('of %s is passed on and respected', (text, restMs) => {
    const { error, restMs: found } = failure(text);
    expect([error.headers['Retry-After'], found]).toEqual([text, restMs]);
  });

  it.each(['soon', '-1', '99999999999', 'x'.repeat(1000), '1\r\nSet-Cookie: a'])('of %j is not', (text) => {
    const { error, restMs } = failure(text);
    expect([error.headers['Retry-After'], restMs]).toEqual([undefined, undefined]);
  });
});
