import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { createModel, post } from '../e2e/support/server-requests.ts';
import { writeRandomBert } from '../fakes/models/random-bert.ts';
import { expectUndisturbed, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

const COUNT = 100_000;

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer();
  const folder = await mkdtemp(join(tmpdir(), 'attack-embed-'));
  await writeRandomBert(join(folder, 'bert.gguf'), { layers: 1, embedding: 64 });
  await createModel(server, 'bert', join(folder, 'bert.gguf'));
  await writeRandomBert(join(folder, 'wide.gguf'), { layers: 1, embedding: 1024 });
  await createModel(server, 'wide', join(folder, 'wide.gguf'));
  await rm(folder, { recursive: true });
});
afterAll(() => server[Symbol.asyncDispose]());

const texts = Array.from({ length: COUNT }, (_, index) => `fox ${index % 10}`);

it('100,000 texts are embedded, and nobody waits for them or for their reply of 80 MB', async () => {
  const report = await underAttack(server, '100,000 texts to embed', () =>
    post(server, '/api/embed', { model: 'bert', input: texts }),
  );
  const { status, body } = report.result;
  expect(status).toBe(200);
  const { embeddings } = body as { embeddings: number[][] };
  expect(embeddings).toHaveLength(COUNT);
  expect(embeddings.every((vector) => vector.length === 64)).toBe(true);
  expect(report.peakMebibytes - report.startMebibytes).toBeLessThan(800);
  await expectUndisturbed(server, report);
});

it('20,000 token lists with more numbers than a reply may have are refused', async () => {
  const input = Array.from({ length: 20_000 }, () => [5]);
  const report = await underAttack(server, '20,000 token lists to embed', () =>
    post(server, '/v1/embeddings', { model: 'wide', input }),
  );
  expect(report.result).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('are too many for one request: send at most') } },
  });
  await expectUndisturbed(server, report);
});
