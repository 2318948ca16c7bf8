/** Collectors that are configured in various ways, and those that do not work. */
import { describe, expect, it } from 'vitest';
import {
  startTracedServer,
  type TracedServer,
  withVariables,
} from '../../test/fakes/servers/traced-server.ts';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { startTraces } from './traces.ts';

const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: false };
/** So that attempts to send are given up soon. */
const impatient = { OTEL_EXPORTER_OTLP_TIMEOUT: '100' };

async function ask(server: TracedServer, count: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let asked = 0; asked < count; asked++) statuses.push((await server.post('/api/chat', body)).status);
  return statuses;
}

const warnings = ({ lines }: TracedServer) => lines.filter(({ level }) => level === 'warn');

describe('a collector', () => {
  it('gets the headers, resource and compression that variables set', async () => {
    await using server = await startTracedServer({
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20collector-secret,X-Team=red',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_SERVICE_NAME: 'chat-server',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=other',
    });
    await ask(server, 1);
    const [run] = await server.collector.waitForRuns(1);
    expect(run?.resource).toMatchObject({
      'service.name': 'chat-server',
      'deployment.environment.name': 'test',
      'telemetry.sdk.language': 'nodejs',
    });
    const [post] = server.collector.posts;
    expect(post?.path).toBe('/v1/traces');
    expect(post?.headers).toMatchObject({
      authorization: 'Bearer collector-secret',
      'x-team': 'red',
      'content-encoding': 'gzip',
    });
    expect(JSON.stringify(server.lines)).not.toContain('collector-secret');
  });

  it('gets protobuf unless JSON is asked for', async () => {
    await using server = await startTracedServer({ OTEL_EXPORTER_OTLP_PROTOCOL: '' });
    await ask(server, 1);
    await expect.poll(() => server.collector.posts.length).toBeGreaterThan(0);
    const [post] = server.collector.posts;
    expect(post?.headers['content-type']).toBe('application/x-protobuf');
    const text = post?.body.toString('latin1');
    for (const name of ['chat m:latest', 'prefill', 'gen_ai.usage.output_tokens'])
      expect(text).toContain(name);
  });

  it('gets what is waiting when the server stops', async () => {
    await using server = await startTracedServer({ OTEL_BSP_SCHEDULE_DELAY: '600000' });
    await ask(server, 3);
    expect(server.collector.posts).toEqual([]);
    await server.traces.close();
    expect(server.collector.runs()).toHaveLength(3);
    // A run that ends later is lost, without harm.
    expect(await ask(server, 1)).toEqual([200]);
  });
});

describe('a collector that does not work', () => {
  it('is reported once, however often it fails, and hinders no request', async () => {
    await using server = await startTracedServer(impatient);
    await server.collector.close();
    expect(await ask(server, 5)).toEqual(Array(5).fill(200));
    await expect.poll(() => warnings(server).length).toBe(1);
    expect(await ask(server, 5)).toEqual(Array(5).fill(200));
    await server.traces.close();
    expect(warnings(server)).toMatchObject([
      {
        fields: {
          collector: new URL(server.collector.url).host,
          reason: expect.stringContaining('ECONNREFUSED'),
        },
      },
    ]);
  });

  it.each([
    ['an error', 500, 'broken'],
    ['a page', 404, '<html>'.repeat(10_000)],
    ['a refusal', 401, 'who are you?'],
  ])('because it answers with %s is reported with its status', async (_, status, text) => {
    await using server = await startTracedServer(impatient);
    server.collector.answer = (response) => response.writeHead(status).end(text);
    expect(await ask(server, 3)).toEqual([200, 200, 200]);
    await expect.poll(() => warnings(server).length).toBe(1);
    const reason = String(warnings(server)[0]?.fields?.reason);
    expect(reason).toContain(String(status));
    expect(reason.length).toBeLessThan(300);
  });

  it('because its answers are garbage is used as long as it accepts', async () => {
    await using server = await startTracedServer();
    server.collector.answer = (response) => response.writeHead(200).end('\x00 garbage {');
    expect(await ask(server, 2)).toEqual([200, 200]);
    expect(await server.collector.waitForRuns(2)).toHaveLength(2);
    server.collector.answer = undefined;
    expect(await ask(server, 1)).toEqual([200]);
    expect(await server.collector.waitForRuns(3)).toHaveLength(3);
  });

  it('because it never answers holds up neither requests nor the end, and spans are dropped', async () => {
    await using server = await startTracedServer({
      OTEL_BSP_MAX_QUEUE_SIZE: '8',
      OTEL_BSP_SCHEDULE_DELAY: '1',
    });
    const held: (() => void)[] = [];
    server.collector.answer = (response) => held.push(() => response.end('{}'));
    // One batch is on its way, and the queue has room for two more runs.
    expect(await ask(server, 10)).toEqual(Array(10).fill(200));
    await expect.poll(() => held.length).toBe(1);
    expect(await ask(server, 20)).toEqual(Array(20).fill(200));
    expect(server.collector.runs().length).toBeLessThan(15);
    await server.traces.close();
    for (const release of held) release();
  });
});

describe('a server without a collector', () => {
  it('makes no spans, and continues no traces', async () => {
    const restore = withVariables({
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '',
    });
    const traces = await startTraces({
      environment: process.env,
      clock: systemClock,
      logger: silentLogger,
      version: '1',
    });
    expect(traces).toMatchObject({ isTracing: false });
    expect(traces.observer).toBeUndefined();
    await traces.close();
    restore();
  });
});
