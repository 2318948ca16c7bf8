import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { post, send } from '../e2e/support/server-requests.ts';
import { expectUndisturbed, ordinaryModel, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

const HOUR_MS = 3_600_000;
/** How often the changed clock looks at its file. */
const NOTICED_MS = 300;

let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clock-jumps-'));
  await jump(0);
  const program = pathToFileURL(fileURLToPath(new URL('./support/jumping-date.mjs', import.meta.url)));
  const env = { NODE_OPTIONS: `--import=${program.href}`, DATE_OFFSET_FILE: join(folder, 'offset') };
  server = await startAttackedServer({ env });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Sets the time of day of the server and its runners to another one than this machine's. */
async function jump(milliseconds: number): Promise<void> {
  await writeFile(join(folder, 'offset'), String(milliseconds));
  await pause(NOTICED_MS);
}

async function minutesLeft(offsetMs: number): Promise<number | undefined> {
  const { models } = (await (await fetch(`${server.url}/api/ps`)).json()) as {
    models: { expires_at: string }[];
  };
  const [loaded] = models;
  return loaded && Math.round((Date.parse(loaded.expires_at) - Date.now() - offsetMs) / 60_000);
}

it('keeps models, streams and waits as they are while the time of day jumps an hour both ways', async () => {
  const ask = { model: ordinaryModel, prompt: 'hello', keep_alive: '10m', options: { num_predict: 2 } };
  const report = await underAttack(server, 'jumps of the clock by an hour', async () => {
    const endless = { ...ask, options: { num_predict: -1, ignore_eos: true } };
    const client = new AbortController();
    const response = await send(server, 'POST', '/api/generate', endless, { signal: client.signal });
    const reader = response.body?.getReader();
    const left: (number | undefined)[] = [];
    for (const offset of [HOUR_MS, -HOUR_MS, 0]) {
      await jump(offset);
      expect((await reader?.read())?.done).toBe(false);
      expect((await post(server, '/api/generate', { ...ask, stream: false })).status).toBe(200);
      left.push(await minutesLeft(offset));
    }
    client.abort();
    return left;
  });
  expect(report.result).toEqual([10, 10, 10]);
  await expectUndisturbed(server, report);
});

it('unloads an idle model after its time, however the time of day jumps meanwhile', async () => {
  await post(server, '/api/generate', { model: ordinaryModel, prompt: 'x', keep_alive: '2s', stream: false });
  await jump(-HOUR_MS);
  expect(await minutesLeft(-HOUR_MS)).toBe(0);
  await expect.poll(() => minutesLeft(-HOUR_MS), { timeout: 10_000 }).toBeUndefined();
});

it('really jumps', async () => {
  await jump(HOUR_MS);
  const response = await send(server, 'POST', '/api/generate', { model: ordinaryModel, prompt: 'x' });
  const [line = ''] = (await response.text()).split('\n');
  const { created_at } = JSON.parse(line) as { created_at: string };
  expect(Math.round((Date.parse(created_at) - Date.now()) / HOUR_MS)).toBe(1);
});
