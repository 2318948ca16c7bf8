import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import type { BatchEndpoint } from '../../api/batches.ts';
import { PreparedInput } from '../prepared-input.ts';
import { checkInput } from './check-input.ts';
import { splitLines } from './split-lines.ts';

const CHAT = '/v1/chat/completions';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'batch-input-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const request = (id: string, body: object = { model: 'm', messages: [] }, url: string = CHAT) =>
  JSON.stringify({ custom_id: id, method: 'POST', url, body });

async function check(text: string | Buffer, endpoint: BatchEndpoint = CHAT, maxLines = 100) {
  const [from, to] = [join(folder, 'in'), join(folder, 'out')];
  await writeFile(from, text);
  const result = await checkInput({ from, to, endpoint, maxLines, maxLineBytes: 2000 });
  const input = await PreparedInput.open(to);
  const lines: { id: string; model: string; body: unknown }[] = [];
  for (let line = await input.next(); line; line = await input.next()) {
    const body: unknown = JSON.parse((await input.body(line)).toString());
    lines.push({ id: line.head.custom_id, model: line.head.model, body });
  }
  await input.close();
  return { ...result, lines };
}

describe('an input', () => {
  it('is prepared line by line, whatever its line ends, empty lines and byte order mark', async () => {
    const text = `\uFEFF${request('a')}\r\n\n   \n${request('é"\\', { model: 'ä', input: 'x' })}`;
    expect(await check(text)).toEqual({
      total: 2,
      problems: [],
      lines: [
        { id: 'a', model: 'm', body: { model: 'm', messages: [] } },
        { id: 'é"\\', model: 'ä', body: { model: 'ä', input: 'x' } },
      ],
    });
  });

  it('is refused with the number of each line and what is wrong with it', async () => {
    const { problems } = await check(
      [
        request('a'),
        'no JSON',
        '[]',
        request('a'),
        request(''),
        request('b').replace('POST', 'GET'),
        request('c', {}, '/api/chat'),
        request('d').replace(/"body":.*/, '"body":[]}'),
        request('e', { stream: true }),
        request('f', { text: 'x'.repeat(2000) }),
        request('g'),
      ].join('\n'),
    );
    expect(problems.map(({ line, code }) => [line, code])).toEqual([
      [2, 'invalid_json_line'],
      [3, 'invalid_json_line'],
      [4, 'duplicate_custom_id'],
      [5, 'invalid_custom_id'],
      [6, 'invalid_method'],
      [7, 'invalid_url'],
      [8, 'invalid_body'],
      [9, 'invalid_body'],
      [10, 'line_too_long'],
    ]);
  });

  it('is refused when it is empty or has too many requests', async () => {
    expect((await check('\n\n')).problems).toMatchObject([{ code: 'empty_file', line: null }]);
    const many = Array.from({ length: 101 }, (_, index) => request(String(index))).join('\n');
    expect((await check(many)).problems).toMatchObject([{ code: 'too_many_tasks', line: 101 }]);
  });

  it('reports at most a hundred problems', async () => {
    expect((await check('x\n'.repeat(5000))).problems).toHaveLength(100);
  });

  it('asks native routes for replies that are not streamed', async () => {
    const { lines } = await check(
      request('a', { model: 'm', prompt: 'p' }, '/api/generate'),
      '/api/generate',
    );
    expect(lines).toMatchObject([{ body: { model: 'm', prompt: 'p', stream: false } }]);
    const embedding = await check(request('a', { model: 'm', input: 'p' }, '/api/embed'), '/api/embed');
    expect(embedding.lines).toEqual([{ id: 'a', model: 'm', body: { model: 'm', input: 'p' } }]);
  });
});

it('lines are the same, however their bytes arrive', async () => {
  const random = seededRandom(7);
  const text = Array.from({ length: 200 }, () => 'é'.repeat(Math.floor(random() * 30))).join('\n');
  const bytes = Buffer.from(text);
  for (let round = 0; round < 20; round++) {
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + Math.floor(random() * 50);
      pieces.push(bytes.subarray(at, end));
      at = end;
    }
    const lines: string[] = [];
    for await (const { bytes: line } of splitLines(iterate(pieces), 1000)) lines.push(line?.toString() ?? '');
    expect(lines.join('\n').trimEnd()).toBe(text.trimEnd());
  }
});

it('a line without an end is not kept in memory', async () => {
  async function* endless() {
    for (let count = 0; count < 10_000; count++) yield Buffer.alloc(1000, 0x61);
    yield Buffer.from('\nshort');
  }
  const found: (string | undefined)[] = [];
  for await (const { bytes } of splitLines(endless(), 5000)) found.push(bytes?.toString());
  expect(found).toEqual([undefined, 'short']);
});

async function* iterate<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
