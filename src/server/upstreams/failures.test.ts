/** What clients get when an upstream refuses, fails, is silent or breaks off. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  chatChunk,
  eventText,
  type RecordedUpstream,
  said,
  startRecordedUpstream,
  status,
} from '../../../test/fakes/servers/recorded-upstream.ts';
import { linesOf } from '../../../test/fakes/servers/script-server.ts';
import { type FrontServer, startFront, upstream } from '../../../test/fakes/servers/upstream-pair.ts';

const SECRET = 'sk-secret-of-the-upstream';
const messages = [{ role: 'user', content: 'hi' }];

let folder: string;
let recorded: RecordedUpstream;
let other: RecordedUpstream;
let front: FrontServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upstream-'));
  await writeFile(join(folder, 'key'), `${SECRET}\n`);
  recorded = await startRecordedUpstream(said('from the first'));
  other = await startRecordedUpstream(said('from the second'));
});
afterEach(async () => {
  await front.close();
  await Promise.all([recorded.kill(), other.kill()]);
  await rm(folder, { recursive: true, force: true });
});

type Fields = Parameters<typeof upstream>[0];
const first = (fields: Partial<Fields> = {}) =>
  upstream({
    ...{ name: 'first', url: `${recorded.url}/v1`, kind: 'openai', priority: 1 },
    ...{ key_file: join(folder, 'key'), ...fields },
  });
const second = () => upstream({ name: 'second', url: `${other.url}/v1`, kind: 'openai' });
const chat = (fields: object = {}) =>
  front.post('/api/chat', { model: 'far', messages, stream: false, ...fields });
const textOf = async (reply: Response) => {
  const body = (await reply.json()) as { error?: string; message?: { content: string } };
  return body.error ?? body.message?.content ?? '';
};

describe('the key of an upstream', () => {
  it('goes to the upstream, and only there', async () => {
    front = await startFront([first(), second()]);
    recorded.answer(status(500));
    expect(await textOf(await chat())).toBe('from the second');
    expect(recorded.requests[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(JSON.stringify(other.requests)).not.toContain(SECRET);
  });

  it('is not sent along redirects, which are refused', async () => {
    front = await startFront([first()]);
    for (const code of [301, 302, 307, 308]) {
      recorded.answer(status(code, {}, { location: `${other.url}/v1/chat/completions` }));
      const reply = await chat();
      expect(reply.status).toBe(502);
      expect(await textOf(reply)).toMatch(/^upstream "first": it answered with a redirect/);
      // Three failures in a row would put it out of use.
      recorded.answer(said('fine'));
      expect((await chat()).status).toBe(200);
    }
    expect(other.requests).toEqual([]);
  });

  it('is named in no error, log line or reply, even if the upstream repeats it', async () => {
    front = await startFront([first()]);
    recorded.answer(
      status(400, { error: { message: `bad header Bearer ${SECRET}` } }),
      status(401, { error: { message: `Incorrect API key provided: ${SECRET}` } }),
    );
    const [bad, refused] = [await chat(), await chat()];
    expect([bad.status, refused.status]).toEqual([400, 502]);
    const texts = [await bad.text(), await refused.text(), JSON.stringify(front.server.lines)];
    expect(texts.join()).not.toContain(SECRET);
    expect(texts[1]).toContain('upstream \\"first\\": it does not accept its key');
  });

  it('is masked in a stream, also where pieces split it', async () => {
    front = await startFront([first()]);
    recorded.answer((reply) => {
      reply.writeHead(200, { ...sse, 'x-ollama-ignored': `the field ${SECRET}` });
      for (const content of ['It is sk-', SECRET.slice(3), ', sk'])
        reply.write(eventText(chatChunk({ content })));
      reply.end(eventText({ error: { message: `bad key ${SECRET} here`, code: 401 } }));
    });
    const reply = await chat({ stream: true });
    expect(reply.headers.get('x-ollama-ignored')).toContain('the field ');
    const lines = await linesOf(reply);
    const said = lines.map((line) => (line as { message?: { content: string } }).message?.content ?? '');
    expect(said.join('')).toBe('It is …, sk');
    expect(lines.at(-1)).toEqual({ error: 'upstream "first": bad key … here' });
    recorded.answer((bad) => {
      bad.writeHead(200, sse).end(eventText({ error: { message: `${'x'.repeat(980)} ${SECRET}` } }));
    });
    const refused = await chat();
    expect([refused.status, (await textOf(refused)).endsWith('x …')]).toEqual([502, true]);
    const headers = JSON.stringify([...reply.headers]);
    expect(`${headers}${JSON.stringify(front.server.lines)}`).not.toContain(SECRET.slice(0, 8));
  });

  it('that is missing is told without asking the upstream', async () => {
    front = await startFront([first({ key_file: join(folder, 'nowhere') })]);
    const reply = await chat();
    expect(reply.status).toBe(502);
    expect(await textOf(reply)).toMatch(/^upstream "first": its key file cannot be read/);
    expect(recorded.requests).toEqual([]);
  });

  it('is read again after the upstream refused it', async () => {
    front = await startFront([first()]);
    recorded.answer(status(401), said('welcome'));
    expect((await chat()).status).toBe(502);
    await writeFile(join(folder, 'key'), 'sk-new');
    expect(await textOf(await chat())).toBe('welcome');
    expect(recorded.requests.at(-1)?.headers.authorization).toBe('Bearer sk-new');
  });
});

describe('a refusal', () => {
  it.each([
    [400, 400],
    [404, 404],
    [413, 413],
    [422, 400],
    [429, 429],
    [402, 502],
    [403, 502],
    [408, 504],
    [500, 502],
    [503, 503],
    [504, 504],
    [529, 503],
  ])('with status %i becomes one with %i that names the upstream', async (given, expected) => {
    front = await startFront([first()]);
    recorded.answer(status(given, { error: { message: 'because' } }));
    const reply = await front.post('/v1/chat/completions', { model: 'far', messages });
    expect(reply.status).toBe(expected);
    const { error } = (await reply.json()) as { error: { message: string } };
    expect(error.message).toMatch(/^upstream "first": /);
    const isRepeated = ![402, 403].includes(given);
    expect(error.message.includes('because')).toBe(isRepeated);
  });

  it('with Retry-After passes that on, and the upstream is left alone for so long', async () => {
    front = await startFront([first()]);
    recorded.answer(status(429, { error: { message: 'slow down' } }, { 'retry-after': '30' }));
    const reply = await chat();
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([429, '30']);
    const again = await chat();
    expect(again.status).toBe(503);
    expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(25);
    expect(recorded.requests).toHaveLength(1);
  });

  it('of a wrong request is final, and others go to the next upstream', async () => {
    front = await startFront([first(), second()]);
    recorded.answer(status(400, { error: { message: 'no' } }));
    expect((await chat()).status).toBe(400);
    expect(other.requests).toEqual([]);
    for (const code of [401, 404, 429, 500, 503]) {
      recorded.answer(status(code));
      expect(await textOf(await chat())).toBe('from the second');
    }
  });
});

describe('an upstream that does not work', () => {
  it('is skipped if it refuses connections, and left out of use after three failures', async () => {
    front = await startFront([first(), second()], { counts: true });
    await recorded.kill();
    for (let turn = 0; turn < 4; turn++) expect(await textOf(await chat())).toBe('from the second');
    const out = front.server.lines.filter(({ message }) => message.startsWith('upstream fails'));
    expect(out).toHaveLength(1);
    const metrics = await (await fetch(`${front.url}/metrics`)).text();
    expect(metrics).toContain('ollama_upstream_up{upstream="first"} 0');
    expect(metrics).toContain('ollama_upstream_up{upstream="second"} 1');
    expect(metrics).toContain('ollama_upstream_requests_total{upstream="first",result="failed"} 3');
    expect(metrics).toContain('ollama_upstream_requests_total{upstream="second",result="answered"} 4');
  });

  it('is told apart from one that is out of use', async () => {
    front = await startFront([first()]);
    await recorded.kill();
    const replies = [];
    for (let turn = 0; turn < 4; turn++) replies.push(await chat());
    expect(replies.map(({ status: code }) => code)).toEqual([502, 502, 502, 503]);
    expect(await textOf(replies[0] as Response)).toBe('upstream "first": it refuses connections');
    expect(await textOf(replies[3] as Response)).toContain('out of use');
    expect(replies[3]?.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  it('and is silent is given up before its answer begins', async () => {
    front = await startFront([first({ first_byte_timeout: '100ms' })]);
    recorded.answer((reply) => {
      reply.writeHead(200, { 'content-type': 'text/event-stream' });
      // Comments are no answer.
      reply.write(': wait\n\n');
    });
    const reply = await chat();
    expect(reply.status).toBe(504);
    expect(await textOf(reply)).toBe('upstream "first": it did not begin to answer within 0.1 s');
  });
});

describe('a reply of another type that does not end', () => {
  it('loses its connection, so that the next request finds one', async () => {
    front = await startFront([first({ limit: 1 })]);
    recorded.answer((reply) => {
      reply.writeHead(200, { 'content-type': 'text/html' });
      reply.write('<p>');
    }, said('fine'));
    const refused = await chat();
    expect(refused.status).toBe(502);
    expect(await textOf(refused)).toContain('answered with text/html');
    await recorded.requests[0]?.closed;
    expect(await textOf(await chat())).toBe('fine');
  });
});

describe('a stream that has begun', () => {
  const begun = (reply: Parameters<Parameters<RecordedUpstream['answer']>[0]>[0]) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.write(eventText(chatChunk({ role: 'assistant', content: 'Hel' })));
  };

  it('ends with an error in each dialect when the upstream is killed, and is not begun again', async () => {
    front = await startFront([first({ name: 'killed' }), second()]);
    recorded.answer((reply) => {
      begun(reply);
      setTimeout(() => reply.destroy(), 50);
    });
    const lines = await linesOf(await chat({ stream: true }));
    expect(lines.at(0)).toMatchObject({ message: { content: 'Hel' }, done: false });
    expect(lines.at(-1)).toEqual({
      error: 'upstream "killed": it ended the connection in the middle of its answer',
    });
    const openAi = await front.post('/v1/chat/completions', { model: 'far', messages, stream: true });
    expect(await openAi.text()).toMatch(/"Hel".*"error":\{"message":"upstream \\"killed\\".*\[DONE\]/s);
    const asked = { model: 'far', messages, stream: true, max_tokens: 9 };
    const anthropic = await front.post('/v1/messages', asked);
    expect(await anthropic.text()).toMatch(/"Hel".*event: error\ndata: \{"type":"error".*killed/s);
    expect(other.requests).toEqual([]);
  });

  it('ends with an error when the upstream falls silent', async () => {
    front = await startFront([first({ idle_timeout: '100ms' })]);
    recorded.answer(begun);
    const lines = await linesOf(await chat({ stream: true }));
    expect(lines.at(-1)).toEqual({ error: 'upstream "first": it was silent in its answer for 0.1 s' });
    await recorded.requests[0]?.closed;
  });

  it('ends with an error when only signs of life come', async () => {
    front = await startFront([first({ idle_timeout: '2s', first_byte_timeout: '1s' })]);
    recorded.answer((reply) => {
      begun(reply);
      const pings = setInterval(() => reply.write(': ping\n\n'), 20);
      reply.on('close', () => clearInterval(pings));
    });
    const lines = await linesOf(await chat({ stream: true }));
    expect(lines.at(-1)).toEqual({
      error: 'upstream "first": it sent nothing of its answer, only signs of life, for 2 s',
    });
    await recorded.requests[0]?.closed;
  });

  it('ends with the error that the upstream reports in it', async () => {
    front = await startFront([first()]);
    recorded.answer((reply) => {
      begun(reply);
      reply.end(eventText({ error: { message: 'out of memory', code: 500 } }));
    });
    expect((await linesOf(await chat({ stream: true }))).at(-1)).toEqual({
      error: 'upstream "first": out of memory',
    });
  });

  it('is ended at the upstream when the client leaves', async () => {
    front = await startFront([first()]);
    recorded.answer(begun);
    const leaving = new AbortController();
    const reply = await fetch(`${front.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({ model: 'far', messages }),
      signal: leaving.signal,
    });
    await reply.body?.getReader().read();
    leaving.abort();
    await recorded.requests[0]?.closed;
  });

  it('is ended at the upstream when the client leaves before it begins', async () => {
    front = await startFront([first()]);
    const arrived = new Promise<void>((resolve) => recorded.answer(() => resolve()));
    const leaving = new AbortController();
    const reply = fetch(`${front.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({ model: 'far', messages }),
      signal: leaving.signal,
    }).catch(() => undefined);
    await arrived;
    leaving.abort();
    await reply;
    await recorded.requests[0]?.closed;
  });
});

describe('what an upstream sends', () => {
  it.each([
    ['a document instead of a stream', status(200, { choices: [] }), /answered with application\/json/],
    ['no JSON', (reply) => void reply.writeHead(200, sse).end('data: {oops\n\n'), /not the JSON of its API/],
    [
      'JSON of endless depth',
      (reply) => void reply.writeHead(200, sse).end(`data: {"a":${'['.repeat(100_000)}\n\n`),
      /nested more than/,
    ],
    [
      'a line without end',
      (reply) => void reply.writeHead(200, sse).end(`data: ${'x'.repeat(5 * 1024 * 1024)}`),
      /a line of more than/,
    ],
    ['endless headers', status(200, {}, { 'x-long': 'x'.repeat(40_000) }), /headers are too long/],
    ['nothing', (reply) => void reply.writeHead(200, sse).end(), /in the middle of its answer/],
    [
      'something compressed',
      (reply) => void reply.writeHead(200, { ...sse, 'content-encoding': 'gzip' }).end('x'),
      /compresses its stream/,
    ],
  ] satisfies [string, Parameters<RecordedUpstream['answer']>[0], RegExp][])(
    'is refused if it is %s',
    async (_, recording, reason) => {
      front = await startFront([first()]);
      recorded.answer(recording);
      const reply = await chat();
      expect(reply.status).toBe(502);
      expect(await textOf(reply)).toMatch(reason);
    },
  );
});

const sse = { 'content-type': 'text/event-stream' };
