/** Long lists and long texts, which take a minute to compute. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bertHidden, cosine, meanOf } from '../../fakes/models/bert-reference.ts';
import { ensureMiniLm, type MiniLm } from '../../fakes/models/minilm.ts';
import { WordPiece } from '../../fakes/models/word-piece.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post, type Reply } from '../support/server-requests.ts';

const sky = 'why is the sky blue?';
const long = 'the quick brown fox jumps over the lazy dog. '.repeat(100);

let server: TestServer;
let miniLm: MiniLm;

beforeAll(async () => {
  server = await startTestServer();
  miniLm = await ensureMiniLm();
  await createModel(server, 'minilm', miniLm.ggufPath, { parameters: { num_ctx: 256 } });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Embedded {
  readonly embeddings: number[][];
  readonly prompt_eval_count: number;
}

const embed = (fields: object): Promise<Reply> => post(server, '/api/embed', { model: 'minilm', ...fields });
async function embedded(fields: object): Promise<Embedded> {
  const { status, body } = await embed(fields);
  expect(status, JSON.stringify(body).slice(0, 300)).toBe(200);
  return body as Embedded;
}
async function vectorsOf(fields: object): Promise<number[][]> {
  return (await embedded(fields)).embeddings;
}

describe('POST /api/embed', () => {
  it('keeps the order of a long list', async () => {
    const input = Array.from(
      { length: 300 },
      (_, index) => `${index} bottles ${index % 7 === 0 ? long : ''}`,
    );
    const together = await vectorsOf({ input });
    expect(together).toHaveLength(300);
    for (const index of [0, 1, 127, 128, 299]) {
      const [alone] = await vectorsOf({ input: input[index] });
      expect(cosine(together[index] ?? [], alone ?? [])).toBeGreaterThan(0.9999);
    }
  });

  it('truncates a long text to the context, or refuses it', async () => {
    const cut = await embedded({ input: long });
    expect(cut.prompt_eval_count).toBe(256);
    const tokens = new WordPiece(miniLm.config.vocabulary).tokenize(long);
    const expected = meanOf(bertHidden([...tokens.slice(0, 255), 102], miniLm.config, miniLm.weights));
    expect(cosine(cut.embeddings[0] ?? [], expected)).toBeGreaterThan(0.9999);
    const refused = await embed({ input: [sky, long], truncate: false });
    expect(refused).toEqual({ status: 400, body: { error: 'the input length exceeds the context length' } });
    expect(await embed({ input: 'x '.repeat(1e6), truncate: false })).toMatchObject({ status: 400 });
    expect(await embedded({ input: 'x '.repeat(1e6) })).toMatchObject({ prompt_eval_count: 256 });
  });
});
