/** Damaged models and adapters that our parser accepts are really loaded: each fails alone, or works. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { memorySource } from '../../../src/gguf/byte-source.ts';
import { ggufFacts } from '../../../src/gguf/facts.ts';
import { parseGguf } from '../../../src/gguf/parse.ts';
import { writeRandomAdapter } from '../../fakes/models/random-adapter.ts';
import { ggufNumbers, mutated } from '../../fakes/random/mutations.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../scale.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post, randomModelBytes, send, upload } from '../support/server-requests.ts';

/** Each takes up to a second: a process is started, and it loads the model. */
const ROUNDS = rounds({ change: 4, long: 30, nightly: 5000 });
const LONGEST_ROUND_MS = 10_000;

let server: TestServer;
let model: Uint8Array;
let adapter: Uint8Array;

beforeAll(async () => {
  server = await startTestServer({ env: { OLLAMA_LOAD_TIMEOUT: '20s' } });
  model = await randomModelBytes();
  await createModel(server, 'good', model);
  const folder = await mkdtemp(join(tmpdir(), 'ollama-adapter-'));
  await writeRandomAdapter(join(folder, 'adapter.gguf'));
  adapter = await readFile(join(folder, 'adapter.gguf'));
  await rm(folder, { recursive: true });
});
afterAll(() => server[Symbol.asyncDispose]());

const generate = (name: string) =>
  post(server, '/api/generate', {
    model: name,
    prompt: 'hello',
    stream: false,
    keep_alive: 0,
    options: { num_predict: 2, num_ctx: 64 },
  });

async function create(kind: 'model' | 'adapter', bytes: Uint8Array) {
  const digest = await upload(server, bytes);
  const files =
    kind === 'model' ? { files: { 'm.gguf': digest } } : { from: 'good', adapters: { 'a.gguf': digest } };
  return post(server, '/api/create', { model: 'damaged', stream: false, ...files });
}

/** Whether our parser accepts a file: most damaged ones never reach the engine. */
async function isAccepted(bytes: Uint8Array): Promise<boolean> {
  return parseGguf(memorySource(bytes)).then(
    (file) => ggufFacts(file) !== undefined,
    () => false,
  );
}

const timeout = 60_000 + ROUNDS * LONGEST_ROUND_MS;
it.each(['model', 'adapter'] as const)(
  'a damaged %s ends at most its own request',
  { timeout },
  async (kind) => {
    const whole = kind === 'model' ? model : adapter;
    const fields = ggufNumbers(whole);
    const counts = { refused: 0, failed: 0, answered: 0 };
    let seed = seedFrom(kind === 'model' ? 1 : 500_001);
    for (let round = 0; round < ROUNDS; seed++) {
      const bytes = mutated(whole, seededRandom(seed), fields);
      if (!(await isAccepted(bytes))) continue;
      round += 1;
      const made = await create(kind, bytes);
      expect([200, 400], `seed ${seed}: ${JSON.stringify(made.body)}`).toContain(made.status);
      if (made.status === 400) counts.refused += 1;
      else {
        const { status, body } = await generate('damaged');
        if (status === 200) counts.answered += 1;
        else {
          counts.failed += 1;
          expect(body, `seed ${seed}`).toEqual({ error: expect.stringMatching(/\S/) });
        }
        expect((await send(server, 'DELETE', '/api/delete', { model: 'damaged' })).status).toBe(200);
      }
      expect((await fetch(`${server.url}/api/version`)).status, `seed ${seed}`).toBe(200);
    }
    expect(await generate('good')).toMatchObject({ status: 200 });
    expect(counts.refused + counts.failed + counts.answered).toBe(ROUNDS);
  },
);
