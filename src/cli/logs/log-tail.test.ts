import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { logLines } from './log-tail.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ollama-logs-'));
  path = join(folder, 'server.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function tail(count: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of logLines(path, { count })) lines.push(line);
  return lines;
}

it('yields the last lines, including one without a line break', async () => {
  writeFileSync(path, 'one\ntwo\nthree');
  expect(await tail(2)).toEqual(['two', 'three']);
  writeFileSync(path, 'one\ntwo\nthree\n');
  expect(await tail(2)).toEqual(['two', 'three']);
  expect(await tail(9)).toEqual(['one', 'two', 'three']);
  expect(await tail(0)).toEqual([]);
});

it('continues with older files if the newest one has too few lines', async () => {
  writeFileSync(path, 'five\n');
  writeFileSync(join(folder, 'server-1.log'), 'three\nfour\n');
  writeFileSync(join(folder, 'server-2.log'), 'one\ntwo\n');
  expect(await tail(2)).toEqual(['four', 'five']);
  expect(await tail(4)).toEqual(['two', 'three', 'four', 'five']);
  expect(await tail(100)).toEqual(['one', 'two', 'three', 'four', 'five']);
});

it('reads only the end of a huge file, from a complete line on', async () => {
  const line = `${'x'.repeat(999)}\n`;
  writeFileSync(path, 'first\n');
  for (let index = 0; index < 20; index++) appendFileSync(path, line.repeat(1000));
  const lines = await tail(1_000_000);
  expect(lines.length).toBeGreaterThan(10_000);
  expect(lines.length).toBeLessThan(20_000);
  expect(new Set(lines).size).toBe(1);
});

it('follows a file through partial lines, a rotation and a truncation', async () => {
  writeFileSync(path, 'old\n');
  const end = new AbortController();
  const lines = logLines(path, { count: 1, follow: end.signal, pollMs: 5 });
  const next = async () => (await lines.next()).value;
  expect(await next()).toBe('old');
  appendFileSync(path, 'ä half ');
  const whole = next();
  setTimeout(() => appendFileSync(path, 'line\nlast\n'), 30);
  expect(await whole).toBe('ä half line');
  expect(await next()).toBe('last');
  appendFileSync(path, 'before the move\n');
  renameSync(path, join(folder, 'server-1.log'));
  writeFileSync(path, 'after the move\n');
  expect(await next()).toBe('before the move');
  expect(await next()).toBe('after the move');
  truncateSync(path);
  appendFileSync(path, 'again\n');
  expect(await next()).toBe('again');
  const done = lines.next();
  end.abort();
  expect(await done).toEqual({ done: true, value: undefined });
});
