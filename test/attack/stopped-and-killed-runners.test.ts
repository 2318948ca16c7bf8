import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { send } from '../e2e/support/server-requests.ts';
import { childrenOf } from '../fakes/processes.ts';
import { expectUndisturbed, ordinaryModel, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

/** Long enough that streams wait; a stopped process is the same after a second and after a minute. */
const STOPPED_MS = 3000;
const STREAMS = 10;
const KILLED_STREAMS = 60;
const KILLS = 5;
const SLOTS = 4;

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer({
    env: { OLLAMA_NUM_PARALLEL: String(SLOTS), OLLAMA_RUNNER_TIMEOUT: `${STOPPED_MS + 120_000}ms` },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

/** The last line of a stream of 100 tokens, or the error that it ended with. */
async function lastLine(): Promise<Record<string, unknown>> {
  const request = {
    model: ordinaryModel,
    prompt: 'hello',
    options: { num_predict: 50, ignore_eos: true, seed: 1 },
  };
  // A stream that fails before its first line has one line, without a line break.
  const text = await (await send(server, 'POST', '/api/generate', request)).text();
  return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
}

/** The process of the model; undefined while none is loaded. */
async function runnerPid(): Promise<number | undefined> {
  const [child] = await childrenOf(server.pid);
  return child;
}

/** Whether the model is being loaded. A load that is killed three times in a row fails everybody, as it should. */
async function isLoading(): Promise<boolean> {
  const { loading } = (await (await fetch(`${server.url}/api/queue`)).json()) as { loading: object[] };
  return loading.length > 0;
}

/** Kills the runner, and the one after it, each when it serves, until the work is done; at most `KILLS` times. */
async function killRunners(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  void work.then(() => {
    isDone = true;
  });
  let kills = 0;
  while (!isDone && kills < KILLS) {
    await pause(300);
    const child = await runnerPid();
    if (child === undefined || (await isLoading())) continue;
    process.kill(child, 'SIGKILL');
    kills++;
  }
  return kills;
}

it('continues ten streams after their runner was stopped and continued', async () => {
  const report = await underAttack(server, 'a runner stopped under ten streams', async () => {
    const child = (await runnerPid()) ?? 0;
    expect(child).toBeGreaterThan(0);
    const streams = Array.from({ length: STREAMS }, lastLine);
    await pause(100);
    process.kill(child, 'SIGSTOP');
    await pause(STOPPED_MS);
    process.kill(child, 'SIGCONT');
    return Promise.all(streams);
  });
  for (const line of report.result) expect(line).toMatchObject({ done: true, eval_count: 50 });
  await expectUndisturbed(server, report);
});

it('gives every stream an end while its runners are killed, and blames no request for that', async () => {
  const report = await underAttack(server, `${KILLED_STREAMS} streams with runners killed`, async () => {
    const streams = Promise.all(Array.from({ length: KILLED_STREAMS }, lastLine));
    const kills = await killRunners(streams);
    return { kills, lines: await streams };
  });
  const { kills, lines } = report.result;
  expect(kills).toBeGreaterThan(0);
  const failed = lines.filter((line) => !line.done);
  const errors = [...new Set(failed.map(({ error }) => error))];
  expect(failed.length, errors.join('; ')).toBeLessThanOrEqual(kills * SLOTS);
  for (const { error } of failed) expect(error).toContain('model runner has unexpectedly stopped');
  await expectUndisturbed(server, report);
  expect(await lastLine()).toMatchObject({ done: true, eval_count: 50 });
});
