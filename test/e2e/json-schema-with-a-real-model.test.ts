import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { randomSchema, seededRandom } from '../fakes/random-schema.ts';
import { startTestServer, type TestServer } from './server-process.ts';
import { createModel, post } from './server-requests.ts';

const SLOTS = 8;
const SCHEMAS = 200;
/** Random schemas bound what they ask for; this is far above the longest. */
const MAX_TOKENS = 1500;
const TIMEOUT_MS = 300_000;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ env: { OLLAMA_NUM_PARALLEL: String(SLOTS), OLLAMA_CONTEXT_LENGTH: '2048' } });
  await createModel(server, 'smol', inject('smolModelPath'));
});
afterAll(() => server[Symbol.asyncDispose]());

interface Answer {
  readonly response: string;
  readonly done_reason: string;
}

async function generate(prompt: string, format: object, options: object = {}): Promise<Answer> {
  const body = { model: 'smol', prompt, format, stream: false };
  const defaults = { seed: 1, temperature: 0.8, num_predict: MAX_TOKENS };
  const reply = await post(server, '/api/generate', { ...body, options: { ...defaults, ...options } });
  if (reply.status !== 200) throw new Error(`${JSON.stringify(reply)} for ${JSON.stringify(format)}`);
  return reply.body as Answer;
}

function requireValid(schema: object, { response, done_reason }: Answer): unknown {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const context = `${response} for ${JSON.stringify(schema)}`;
  expect(done_reason, context).toBe('stop');
  const value: unknown = JSON.parse(response);
  expect(ajv.validate(schema, value), `${ajv.errorsText()}: ${context}`).toBe(true);
  return value;
}

const refusalOf = async (format: unknown) => {
  const reply = await post(server, '/api/generate', { model: 'smol', prompt: 'Hi', format, stream: false });
  return { status: reply.status, error: (reply.body as { error?: string }).error };
};

describe('a JSON schema as format', () => {
  it('holds for 200 random schemas, eight at a time', { timeout: TIMEOUT_MS }, async () => {
    const seeds = Array.from({ length: SCHEMAS }, (_, index) => 1000 + index);
    const ask = async () => {
      for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) {
        const { schema } = randomSchema(seededRandom(seed));
        requireValid(schema, await generate('Write an example as JSON.', schema, { seed }));
      }
    };
    await Promise.all(Array.from({ length: SLOTS }, ask));
  });
});
