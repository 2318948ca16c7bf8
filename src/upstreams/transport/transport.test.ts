import { describe, expect, it } from 'vitest';
import { startRecordedUpstream } from '../../../test/fakes/servers/recorded-upstream.ts';
import { upstream } from '../../../test/fakes/servers/upstream-pair.ts';
import { OllamaError } from '../../base/errors.ts';
import { ByteCollector } from './byte-collector.ts';
import { UpstreamConnection } from './connection.ts';
import { KeyMask } from './key-mask.ts';
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

  it('keep the line feeds of lines without data', () => {
    expect(read('data:\ndata: a\ndata\n\ndata:\n\n')).toEqual([
      ['', '\na\n'],
      ['', ''],
    ]);
  });

  it('are bounded also by lines without data', () => {
    const reader = eventReader('sse');
    reader.push(Buffer.from('data:\n'.repeat(65_536)));
    expect(() => reader.push(Buffer.from('data:\n'))).toThrow('too many lines');
  });

  it('that are not complete are none', () => {
    expect(read('data: a\n')).toEqual([]);
  });
});

describe('a request that waits for a connection', () => {
  it('ends with its signal', async () => {
    const silent = await startRecordedUpstream(() => undefined);
    const fields = { name: 'up', url: silent.url, kind: 'ollama', limit: 1 } as const;
    const connection = new UpstreamConnection(upstream(fields), {});
    const send = (signal: AbortSignal) =>
      connection.send({ path: '/api/chat', headers: {}, body: '{}', signal });
    const [first, second] = [new AbortController(), new AbortController()];
    const answered = expect(send(first.signal)).rejects.toThrow('enough');
    const waiting = expect(send(second.signal)).rejects.toThrow('too long');
    second.abort(new Error('too long'));
    await waiting;
    first.abort(new Error('enough'));
    await answered;
    await connection.close();
    await silent.kill();
  });
});

describe('bytes that come one by one', () => {
  it('cost no more than twice their number', () => {
    const held = new ByteCollector();
    for (let at = 0; at < 5000; at++) held.push(Uint8Array.of(at % 256));
    const taken = held.take();
    expect([taken.length, taken[4999], held.length]).toEqual([5000, 4999 % 256, 0]);
    expect(taken.buffer.byteLength).toBeLessThanOrEqual(10_000);
  });
});

describe('the mask of a key', () => {
  const key = 'sk-1"23456789';
  const mask = new KeyMask(key);

  it('covers it as it is and within JSON', () => {
    expect(mask.text(`a ${key} b ${JSON.stringify({ key })}`)).toBe('a … b {"key":"…"}');
    expect(mask.json({ [key]: [key, 1], b: { c: null } })).toEqual({ '…': ['…', 1], b: { c: null } });
  });

  it('covers one that the end of an error cuts', () => {
    expect(mask.cutText('bad sk-1"2')).toBe('bad …');
    expect(mask.cutText('bad sk')).toBe('bad sk');
  });

  it('leaves no cause with an error, whose other facts stay', () => {
    const cause = new SyntaxError(`unexpected "${key}"`);
    const headers = { 'Retry-After': '1' };
    const masked = mask.error(new OllamaError('busy', `no ${key}`, { status: 502, headers, cause }));
    expect(masked).toMatchObject({ code: 'busy', message: 'no …', status: 502, headers });
    expect(masked).not.toHaveProperty('cause');
  });

  it('covers words that stand for no key in errors only', () => {
    for (const word of ['EMPTY', 'ollama', 'not-needed', 'lm-studio'])
      expect(new KeyMask(word).isSecret).toBe(false);
    for (const secret of ['sk-12345', 'a-key-of-the-server']) expect(new KeyMask(secret).isSecret).toBe(true);
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
