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

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer({
    env: { OLLAMA_NUM_PARALLEL: '4', OLLAMA_RUNNER_TIMEOUT: `${STOPPED_MS + 120_000}ms` },
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

async function runnerPid(): Promise<number> {
  for (;;) {
    const [child] = await childrenOf(server.pid);
    if (child !== undefined) return child;
    await pause(20);
  }
}

it('continues ten streams after their runner was stopped and continued', async () => {
  const report = await underAttack(server, 'a runner stopped under ten streams', async () => {
    const child = await runnerPid();
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
    const streams = Array.from({ length: KILLED_STREAMS }, lastLine);
    for (let kill = 0; kill < KILLS; kill++) {
      process.kill(await runnerPid(), 'SIGKILL');
      await pause(500);
    }
    return Promise.all(streams);
  });
  const failed = report.result.filter((line) => !line.done);
  expect(failed.length).toBeLessThanOrEqual(KILLS * 4);
  for (const { error } of failed) expect(error).toContain('model runner has unexpectedly stopped');
  await expectUndisturbed(server, report);
  expect(await lastLine()).toMatchObject({ done: true, eval_count: 50 });
});
