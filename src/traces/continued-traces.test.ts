/** Traces that begin in the client, and what decides whether they are recorded. */
import { describe, expect, it } from 'vitest';
import { startTracedServer } from '../../test/fakes/servers/traced-server.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: false };
const sampled = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'vendor=1,other=x' };

describe('a trace of the client', () => {
  it('is continued: trace, parent, state, and in the log lines of the request', async () => {
    await using server = await startTracedServer();
    await (await server.post('/v1/chat/completions', body, sampled)).text();
    const [run] = await server.collector.waitForRuns(1);
    expect(run).toMatchObject({ traceId: TRACE, parentId: SPAN, state: 'vendor=1,other=x' });
    const children = run ? server.collector.childrenOf(run) : [];
    expect(children.length).toBeGreaterThan(1);
    expect(children.every(({ traceId }) => traceId === TRACE)).toBe(true);
    const lines = server.api.server.lines.filter(({ fields }) => fields?.requestId !== undefined);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter(({ fields }) => fields?.traceId !== TRACE)).toEqual([]);
  });

  it('is not recorded if the client does not record it', async () => {
    await using server = await startTracedServer();
    await (await server.post('/api/chat', body, { traceparent: `00-${TRACE}-${SPAN}-00` })).text();
    await (await server.post('/api/chat', body)).text();
    const runs = await server.collector.waitForRuns(1);
    expect(runs.map(({ traceId }) => traceId)).not.toContain(TRACE);
    expect(server.collector.spans.some(({ traceId }) => traceId === TRACE)).toBe(false);
  });

  it.each([
    [{ traceparent: 'garbage', tracestate: 'vendor=1' }],
    [{ traceparent: `00-${'0'.repeat(32)}-${SPAN}-01` }],
    [{ tracestate: 'vendor=1' }],
    [{ traceparent: `00-${TRACE}-${SPAN}-01-${'x'.repeat(8000)}` }],
  ])('that is not valid is ignored: %j', async (headers) => {
    await using server = await startTracedServer();
    const response = await server.post('/api/chat', body, headers);
    expect(response.status).toBe(200);
    const [run] = await server.collector.waitForRuns(1);
    expect(run?.parentId).toBeUndefined();
    expect(run?.state ?? '').toBe('');
    expect(run?.traceId).not.toBe(TRACE);
  });

  it('is not continued when another way of passing it on is set', async () => {
    await using server = await startTracedServer({ OTEL_PROPAGATORS: 'b3' });
    await (await server.post('/api/chat', body, sampled)).text();
    const [run] = await server.collector.waitForRuns(1);
    expect(run?.parentId).toBeUndefined();
  });
});

describe('a trace that begins here', () => {
  it('has the ID of the log lines of its request', async () => {
    await using server = await startTracedServer();
    await (await server.post('/api/chat', body)).text();
    const [run] = await server.collector.waitForRuns(1);
    const ids = () =>
      server.api.server.lines.flatMap(({ message, fields }) =>
        message === 'request' ? [fields?.traceId] : [],
      );
    await expect.poll(ids).toContain(run?.traceId);
  });

  it('is recorded as the sampler says', async () => {
    await using none = await startTracedServer({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' });
    await (await none.post('/api/chat', body)).text();
    await (await none.post('/api/chat', body, sampled)).text();
    expect((await none.collector.waitForRuns(1)).map(({ traceId }) => traceId)).toEqual([TRACE]);
    await using never = await startTracedServer({
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0',
    });
    await (await never.post('/api/chat', body, sampled)).text();
    await never.traces.close();
    expect(never.collector.posts).toEqual([]);
  });
});
