import { appendFile, mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ResultFile } from './result-file.ts';
import { resultLine } from './result-line.ts';

const ID = `batch_${'0a'.repeat(12)}`;
let path: string;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'batch-results-'));
  path = join(folder, 'replies');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const line = (index: number, body = '{"a":1}') =>
  resultLine(ID, { index, customId: `c"${index}` }, { status: 200, requestId: 'req_1', body });

it('lines are JSON in the form of OpenAI', () => {
  expect(JSON.parse(line(12))).toEqual({
    id: `batch_req_${'0a'.repeat(12)}_12`,
    custom_id: 'c"12',
    response: { status_code: 200, request_id: 'req_1', body: { a: 1 } },
    error: null,
  });
  expect(JSON.parse(resultLine(ID, { index: 0, customId: 'c' }, { code: 'x', message: 'm' }))).toMatchObject({
    response: null,
    error: { code: 'x', message: 'm' },
  });
});

it('whatever a torn end has, whole lines are known and the rest is cut off', async () => {
  const bodies = ['{}', JSON.stringify('x'.repeat(3_000_000)), '{"b":"é"}'];
  const written = await ResultFile.open(path);
  for (const [index, body] of bodies.entries()) await written.append(line(index * 3, body));
  await written.close();
  const whole = await readFile(path);
  const ends = [line(0, bodies[0]).length, line(0, bodies[0]).length + line(3, bodies[1]).length];
  for (const [length, known] of [
    [whole.length, [0, 3, 6]],
    [whole.length - 1, [0, 3]],
    [(ends[1] ?? 0) + 5, [0, 3]],
    [(ends[1] ?? 0) - 1, [0]],
    [(ends[0] ?? 0) + 20, [0]],
    [3, []],
    [0, []],
  ] as const) {
    await truncate(path, length);
    const file = await ResultFile.open(path);
    expect([...file.answered]).toEqual(known);
    expect((await readFile(path)).length).toBe([0, ...ends, whole.length][known.length]);
    await file.close();
  }
});

it('goes on behind what it knows, and trusts nothing behind what it did not write', async () => {
  const first = await ResultFile.open(path);
  await first.append(line(0));
  await first.close();
  await appendFile(path, `not ours\n${line(1)}`);
  const second = await ResultFile.open(path);
  expect([...second.answered]).toEqual([0]);
  await second.append(line(1) + line(2));
  await second.close();
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(4);
});
