/** Models that run here first, and at an upstream when the line is too long or they do not fit. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type RecordedUpstream,
  said,
  startRecordedUpstream,
  status,
} from '../../../test/fakes/servers/recorded-upstream.ts';
import { type FrontServer, startFront, upstream } from '../../../test/fakes/servers/upstream-pair.ts';

const messages = [{ role: 'user', content: 'hi' }];
let recorded: RecordedUpstream;
let front: FrontServer;
beforeEach(async () => {
  recorded = await startRecordedUpstream(said('from afar'));
});
afterEach(async () => {
  await front.close();
  await recorded.kill();
});

const overflow = (after: string) =>
  upstream({
    ...{ name: 'first', url: recorded.url, kind: 'openai' },
    models: [{ name: 'm', use: 'overflow', after }],
  });
const chat = async (fields: object = {}) => {
  const reply = await front.post('/api/chat', { model: 'm', messages, stream: false, ...fields });
  const body = (await reply.json()) as { error?: string; message?: { content: string } };
  return body.error ?? body.message?.content;
};

describe('a model that is here and there', () => {
  it('runs here while there is no line, and without a model here it runs there', async () => {
    front = await startFront([overflow('1h')]);
    expect(await chat()).toBe('from afar');
    await front.server.addModel('m');
    expect(await chat()).toBe('Hello world');
  });

  it('runs there as soon as a request has waited for longer than the line may be', async () => {
    front = await startFront([overflow('200ms')]);
    await front.server.addModel('m');
    front.server.runner.upcoming.push({ pieces: ['Slow', ' answer'], delayMs: 1500 });
    const slow = chat();
    while (front.server.runner.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    // The one slot is busy, so this one waits, and then moves.
    expect(await chat()).toBe('from afar');
    expect(await slow).toBe('Slow answer');
    expect(front.server.runner.requests).toHaveLength(1);
    expect(front.server.scheduler.waiting()).toEqual([]);
  });

  it('runs there when it does not fit into memory here', async () => {
    front = await startFront([overflow('1h')], { freeBytes: () => 1000 });
    await front.server.addModel('m');
    expect(await chat()).toBe('from afar');
  });

  it('runs here when no upstream answers', async () => {
    front = await startFront([overflow('200ms')], { freeBytes: () => 1e12 });
    await front.server.addModel('m');
    recorded.answer(status(500));
    front.server.runner.upcoming.push({ pieces: ['Slow', ' answer'], delayMs: 800 });
    const [slow, waited] = await Promise.all([chat(), chat()]);
    expect([slow, waited].sort()).toEqual(['Hello world', 'Slow answer']);
    expect(recorded.requests.length).toBeGreaterThan(0);
  });

  it('is counted once, where it was answered', async () => {
    front = await startFront([overflow('200ms')]);
    await front.server.addModel('m');
    front.server.runner.upcoming.push({ pieces: ['Slow', ' answer'], delayMs: 1000 });
    await Promise.all([chat(), chat()]);
    const usage = (await (await fetch(`${front.url}/api/usage?by=model`)).json()) as {
      total: { requests: number };
    };
    expect(usage.total.requests).toBe(2);
  });
});
