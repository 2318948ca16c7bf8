import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { usageOf } from '../e2e/support/process-usage.ts';
import type { TestServer } from '../e2e/support/server-process.ts';
import { patience } from '../e2e/support/server-requests.ts';
import {
  expectOrdinaryAnswer,
  expectUndisturbed,
  ordinaryModel,
  startAttackedServer,
} from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';
import { openConnections, postHeader } from './support/raw-connections.ts';

const OPEN_FILES = 256;
const CLIENTS = 400;

const program = fileURLToPath(new URL('../../bin/ollama', import.meta.url));

let server: TestServer;

async function serveWith(files: number): Promise<{ output: string; status: unknown }> {
  const command = [`ulimit -n ${files} && exec "$@"`, 'sh', process.execPath, program, 'serve'];
  const child = spawn('sh', ['-c', ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const [status] = await once(child, 'close');
  return { output, status };
}

beforeAll(async () => {
  server = await startAttackedServer({ openFiles: OPEN_FILES });
});
afterAll(() => server[Symbol.asyncDispose]());

it('says in one line which limit is too low, and what to raise', () => {
  const lines = server.output().match(/this process may open only 256 files.*/g) ?? [];
  expect(lines).toEqual([expect.stringContaining('ulimit -n 65536')]);
});

it('says the same when it cannot even start', async () => {
  const { output, status } = await serveWith(64);
  expect(output).toBe(
    'Error: this process may open only 64 files, so the program cannot run; raise the limit with ' +
      '"ulimit -n 65536" in the shell, or with LimitNOFILE= in the service\n',
  );
  expect(status).toBe(1);
});

it('serves on while more clients connect than it may open files', async () => {
  const report = await underAttack(
    server,
    `${CLIENTS} connections to a server that may open 256 files`,
    async () => {
      const sockets = await openConnections(server, CLIENTS);
      await pause(500);
      const { handles } = await usageOf(server.pid);
      for (const socket of sockets) socket.destroy();
      return handles;
    },
  );
  expect(report.result).toBeLessThan(OPEN_FILES);
  await expectUndisturbed(server, report);
});

it('lives on when requests take all places, and serves the next ones', async () => {
  const sockets = await openConnections(server, CLIENTS);
  // Requests that wait for their bodies are at work, so that none of them makes room.
  for (const socket of sockets) socket.write(`${postHeader('/api/chat', 1000)}{"model":"${ordinaryModel}"`);
  await pause(1000);
  for (const socket of sockets) socket.destroy();
  await expect.poll(async () => (await fetch(`${server.url}/api/version`)).status, patience).toBe(200);
  await expectOrdinaryAnswer(server);
});
