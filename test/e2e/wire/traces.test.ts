/** Traces of the built server: with a collector that dies, without one, and without OpenTelemetry's packages. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startServerProcess } from '../../../scripts/server-process.mjs';
import { startOtlpCollector } from '../../fakes/servers/otlp-collector.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post, randomModelBytes } from '../support/server-requests.ts';

const packages = (name: string) => fileURLToPath(new URL(`../../fakes/packages/${name}`, import.meta.url));

async function ask(server: TestServer, fields: object = {}) {
  const body = { model: 'random', prompt: 'one two', stream: false, options: { num_predict: 8, seed: 1 } };
  return (await post(server, '/api/generate', { ...body, ...fields })).status;
}

it('sends what a real model does, and serves on when its collector dies', async () => {
  const collector = await startOtlpCollector();
  await using server = await startTestServer({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_TIMEOUT: '200',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
  });
  await createModel(server, 'random', await randomModelBytes());
  expect(await ask(server)).toBe(200);
  const [run] = await collector.waitForRuns(1);
  if (!run) throw new Error('no span came');
  expect(run).toMatchObject({ name: 'text_completion random:latest', isError: false });
  expect(run.attributes['gen_ai.usage.output_tokens']).toBeGreaterThan(0);
  const children = collector.childrenOf(run);
  // On a busy machine, the news that the model is loaded takes a moment: a second wait.
  expect([...new Set(children.map(({ name }) => name))]).toEqual(['queue', 'load', 'prefill', 'decode']);
  // The first run consists mostly of the load, and phases do not overlap.
  const sum = children.reduce((total, { start, end }) => total + end - start, 0);
  const load = children.find(({ name }) => name === 'load');
  expect(sum).toBeLessThanOrEqual(run.end - run.start + 0.1);
  expect(sum).toBeGreaterThan((run.end - run.start) / 2);
  expect((load?.end ?? 0) - (load?.start ?? 0)).toBeGreaterThan(1);

  await collector.close();
  for (let asked = 0; asked < 10; asked++) expect(await ask(server)).toBe(200);
  await expect.poll(() => server.output()).toContain('spans could not be sent');
  for (let asked = 0; asked < 10; asked++) expect(await ask(server)).toBe(200);
  expect(server.output().match(/spans could not be sent/g)).toHaveLength(1);

  // A new collector in its place gets the spans from then on.
  const next = await startOtlpCollector(Number(new URL(collector.url).port));
  expect(await ask(server, { prompt: 'later' })).toBe(200);
  expect((await next.waitForRuns(1)).length).toBeGreaterThan(0);
  await server.stop();
  await next.close();
});

it('stops by itself although its collector never answers', async () => {
  await using collector = await startOtlpCollector();
  collector.answer = () => undefined;
  const home = await mkdtemp(join(tmpdir(), 'ollama-home-'));
  const server = await startServerProcess({
    env: {
      HOME: home,
      OLLAMA_MODELS: join(home, 'models'),
      OLLAMA_CONFIG: devNull,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: '600000',
    },
  });
  expect((await post(server, '/api/chat', { model: 'none', messages: [] })).status).toBe(404);
  process.kill(server.pid, 'SIGTERM');
  expect(await server.exited).toBe('exit code 0');
  expect(collector.posts).toHaveLength(1);
  await rm(home, { recursive: true });
});

it('loads nothing that makes or sends spans without a collector', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'listed-modules-'));
  const modulesOf = async (env: Record<string, string>) => {
    const preload = {
      NODE_OPTIONS: `--import=${packages('list-modules.mjs')}`,
      LISTED_MODULES_FOLDER: folder,
    };
    const server = await startTestServer({ env: { ...preload, ...env } });
    const { pid } = server;
    await server[Symbol.asyncDispose]();
    expect(await readdir(folder)).toContain(`${pid}.json`);
    const files: string[] = JSON.parse(await readFile(join(folder, `${pid}.json`), 'utf8'));
    return files.map((file) => file.split('/node_modules/').at(-1) ?? '');
  };
  // The package of its interfaces, which does nothing by itself, is loaded by another package.
  const isOurs = (file: string) =>
    file.startsWith('@opentelemetry/') && !file.startsWith('@opentelemetry/api/');
  const plain = await modulesOf({ OTEL_EXPORTER_OTLP_ENDPOINT: '' });
  expect(plain.some((file) => file.startsWith('pino/'))).toBe(true);
  expect(plain.filter(isOurs)).toEqual([]);
  // The list would show them.
  const traced = await modulesOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  expect(traced.some((file) => file.startsWith('@opentelemetry/sdk-trace-base/'))).toBe(true);
  await rm(folder, { recursive: true });
});

it('serves without traces, and says what is missing, if the packages are not installed', async () => {
  await using server = await startTestServer({
    env: {
      NODE_OPTIONS: `--import=${packages('without-opentelemetry.mjs')}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    },
  });
  const lines = server
    .output()
    .split('\n')
    .filter((line) => line.includes('OpenTelemetry'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('--omit=optional');
  expect(lines[0]).toContain('@opentelemetry/sdk-trace-base');
  await createModel(server, 'random', await randomModelBytes());
  expect(await ask(server)).toBe(200);
});
