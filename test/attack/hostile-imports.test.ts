/** Folders of safetensors that take long to read, need much memory, or consist of very many files. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { uploadFiles, writeCase } from '../e2e/support/import-folders.ts';
import type { TestServer } from '../e2e/support/server-process.ts';
import { linesOf, patience, post, send, upload } from '../e2e/support/server-requests.ts';
import { encodeSafetensors } from '../fakes/import/safetensors-file.ts';
import { childrenOf } from '../fakes/processes.ts';
import { expectOrdinaryAnswer, expectUndisturbed, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

/** The server only passes names and digests on. */
const MOST_GROWTH_MEBIBYTES = 100;
const LARGE_BYTES = 60_000_000;

let server: TestServer;
let folder: string;

beforeAll(async () => {
  server = await startAttackedServer();
  folder = await mkdtemp(join(tmpdir(), 'hostile-imports-'));
  await writeCase('llama-3', join(folder, 'good'));
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** The files of a good folder, one of them replaced. */
async function folderWith(name: string, content: string | Uint8Array): Promise<Record<string, string>> {
  const files = await uploadFiles(server, await writeCase('llama-3', join(folder, 'good')));
  await writeFile(join(folder, 'bad'), content);
  return { ...files, [name]: await upload(server, join(folder, 'bad')) };
}

/** A JSON list within a list, and so on. */
const deep = `${'['.repeat(LARGE_BYTES / 2)}${']'.repeat(LARGE_BYTES / 2)}`;

async function wideHeader(): Promise<Buffer> {
  const entry = (index: number) => [`t${index}`, { dtype: 'F16', shape: [0], data_offsets: [0, 0] }];
  const header = Object.fromEntries(Array.from({ length: 1_000_000 }, (_, index) => entry(index)));
  return encodeSafetensors(JSON.stringify(header), new Uint8Array());
}

/** A vocabulary of a million tokens, all merged from the ones before. */
async function wideVocabulary(): Promise<string> {
  const good = JSON.parse(await readFile(join(folder, 'good', 'tokenizer.json'), 'utf8'));
  for (let index = 0; index < 1_000_000; index++) good.model.vocab[`token ${index}`] = 1000 + index;
  return JSON.stringify(good);
}

it.each<[string, string, () => string | Uint8Array | Promise<string | Uint8Array>]>([
  ['a header of a million tensors', 'model.safetensors', wideHeader],
  ['a header nested millions deep', 'model.safetensors', () => encodeSafetensors(deep, new Uint8Array())],
  ['a configuration nested millions deep', 'config.json', () => deep],
  ['a tokenizer nested millions deep', 'tokenizer.json', () => deep],
  ['a vocabulary of a million tokens', 'tokenizer.json', wideVocabulary],
])('%s is refused in its own process', async (name, file, content) => {
  const files = await folderWith(file, await content());
  const report = await underAttack(server, `import: ${name}`, () =>
    post(server, '/api/create', { model: 'bad', files, stream: false }),
  );
  expect(report.result.status).toBeGreaterThanOrEqual(400);
  await expectUndisturbed(server, report);
  expect(report.peakMebibytes - report.startMebibytes).toBeLessThan(MOST_GROWTH_MEBIBYTES);
  await expectOrdinaryAnswer(server);
});

it('a pattern that takes forever on a text occupies no more than its own process, until its client leaves', async () => {
  const good = JSON.parse(await readFile(join(folder, 'good', 'tokenizer.json'), 'utf8'));
  const pattern = { Regex: '(?:(?:[\\p{L}\\p{N} ]+)+)+\\u0001' };
  const split = { type: 'Split', pattern, behavior: 'Isolated', invert: false };
  good.pre_tokenizer = { type: 'Sequence', pretokenizers: [split, good.pre_tokenizer] };
  const files = await folderWith('tokenizer.json', JSON.stringify(good));
  const before = await childrenOf(server.pid);
  const report = await underAttack(server, 'import: a pattern that takes forever', async () => {
    const client = new AbortController();
    const response = await send(
      server,
      'POST',
      '/api/create',
      { model: 'bad', files },
      { signal: client.signal },
    );
    const lines = linesOf(response);
    await lines.next();
    await expectOrdinaryAnswer(server);
    client.abort();
    await lines.next().catch(() => undefined);
  });
  await expectUndisturbed(server, report);
  await expect.poll(() => childrenOf(server.pid), patience).toEqual(before);
});

it('ten thousand files of one request are refused or read without delay for others', async () => {
  const digest = await upload(server, new TextEncoder().encode('{}'));
  const names = Array.from({ length: 9_999 }, (_, index) => `${'a/'.repeat(index % 50)}${index}.json`);
  const files = Object.fromEntries([...names, 'model.safetensors'].map((name) => [name, digest]));
  const report = await underAttack(server, 'import: ten thousand files', async () => [
    await post(server, '/api/create', { model: 'bad', files, stream: false }),
    await post(server, '/api/create', { model: 'bad', from: 'ordinary', adapters: files, stream: false }),
  ]);
  for (const { status } of report.result) expect(status).toBe(400);
  await expectUndisturbed(server, report);
});
