/** Prometheus' own parsers read the page of metrics in both formats. Skipped with a message if there is no Python. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { metricTable } from '../../../src/metrics/metric-table.ts';
import { metricSamples } from '../../fakes/metric-lines.ts';
import { hasPython, INSTALL_TIMEOUT_MS, pythonWith } from '../../fakes/python-environment.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post } from '../support/server-requests.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../support/parse-metrics.py', import.meta.url));
const packages = ['prometheus-client==0.26.0'];
/** What Prometheus sends. */
const Accept = 'application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

const python = await hasPython();
if (!python)
  process.stderr.write('SKIPPED: the metrics are not parsed, because there is no python3 with venv\n');

let server: TestServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metrics-parsers-'));
  server = await startTestServer({ env: { OLLAMA_METRICS_LLAMACPP: '1' } });
  await createModel(server, 'smol', inject('smolModelPath'), {
    parameters: { num_ctx: 512, num_predict: 5 },
  });
  await post(server, '/api/generate', { model: 'smol', prompt: 'one two three', stream: false });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

it.skipIf(!python)('the page is correct in both formats', { timeout: INSTALL_TIMEOUT_MS }, async () => {
  const interpreter = await pythonWith(packages);
  const plain = await (await fetch(`${server.url}/metrics`)).text();
  const open = await (await fetch(`${server.url}/metrics`, { headers: { Accept } })).text();
  const paths = [join(folder, 'plain.txt'), join(folder, 'open.txt')];
  await writeFile(paths[0] ?? '', plain);
  await writeFile(paths[1] ?? '', open);
  const { stdout } = await run(interpreter, [script, ...paths]);
  const counts = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  const families = metricTable({ llamaCpp: true }).length;
  expect(counts).toEqual([
    [families, metricSamples(plain).length],
    [families, metricSamples(open).length],
  ]);
});
