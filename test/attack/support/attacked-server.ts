import { expect } from 'vitest';
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from '../../e2e/support/server-process.ts';
import { createModel, post, randomModelBytes } from '../../e2e/support/server-requests.ts';
import type { AttackReport } from './measure.ts';

/** Each attacked server has this model: small, with random weights. */
export const ordinaryModel = 'ordinary';
/**
 * How long GET /api/version may take during an attack. Generous, because the machine may be busy: the figure that we
 * aim at is 250 ms, and `npm run bench:attack` measures it.
 */
const LONGEST_ANSWER_MS = 2000;
/** A server without running requests stops in a fraction of a second; the helper that stops it kills it after 10 s. */
const LONGEST_STOP_MS = 8000;

/** Starts the built server with a store of its own that holds `ordinaryModel`, loaded. */
export async function startAttackedServer(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  try {
    await createModel(server, ordinaryModel, await randomModelBytes());
    await expectOrdinaryAnswer(server);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

/** Fails unless a request such as anybody sends gets its answer. */
export async function expectOrdinaryAnswer(server: Pick<TestServer, 'url'>): Promise<void> {
  const request = { model: ordinaryModel, prompt: 'hello', stream: false, options: { num_predict: 2 } };
  const { status, body } = await post(server, '/api/generate', request);
  expect({ status, body }).toMatchObject({ status: 200, body: { done: true, eval_count: 2 } });
}

/** Fails if the server let anybody wait during an attack, or if it serves no more. */
export async function expectUndisturbed(
  server: Pick<TestServer, 'url'>,
  report: AttackReport<unknown>,
): Promise<void> {
  expect(report.failures).toBe(0);
  expect(report.answers).toBeGreaterThan(1);
  expect(report.longestMs).toBeLessThan(LONGEST_ANSWER_MS);
  await expectOrdinaryAnswer(server);
}

/** Fails unless SIGTERM alone ends the server. */
export async function expectToEnd({ pid }: Pick<TestServer, 'pid'>): Promise<void> {
  process.kill(pid, 'SIGTERM');
  await expect.poll(() => isRunning(pid), { timeout: LONGEST_STOP_MS, interval: 20 }).toBe(false);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
