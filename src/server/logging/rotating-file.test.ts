import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RotatingFile } from './rotating-file.ts';

let folder: string;
const failures: string[] = [];
const create = (path: string, maxBytes = 10) =>
  new RotatingFile(path, { maxBytes, onFailure: (reason) => void failures.push(reason) });
const files = () => readdirSync(folder).sort();
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ollama-log-'));
  failures.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

it('appends to an existing file and never splits a line', () => {
  writeFileSync(join(folder, 'server.log'), 'old\n');
  const file = create(join(folder, 'server.log'));
  file.write('12345\n');
  expect(read('server.log')).toBe('old\n12345\n');
  file.write('next\n');
  expect(read('server.log')).toBe('next\n');
  expect(read('server-1.log')).toBe('old\n12345\n');
});

it('keeps the file and five older ones, regardless of how much is written', () => {
  const file = create(join(folder, 'server.log'));
  for (let index = 0; index < 40; index++) file.write(`line ${index}\n`);
  expect(files()).toEqual([...[1, 2, 3, 4, 5].map((age) => `server-${age}.log`), 'server.log']);
  expect(read('server.log')).toBe('line 39\n');
  expect(read('server-5.log')).toBe('line 34\n');
});

it('writes a line that exceeds the file size into its own file', () => {
  const file = create(join(folder, 'server.log'));
  file.write('short\n');
  file.write(`${'x'.repeat(100)}\n`);
  file.write('short\n');
  expect(statSync(join(folder, 'server-1.log')).size).toBe(101);
});

it('loses lines while it cannot write, reports that once, and resumes later', () => {
  const path = join(folder, 'logs', 'server.log');
  writeFileSync(join(folder, 'logs'), 'a file where the folder should be');
  const file = create(path);
  file.write('lost\n');
  file.write('lost\n');
  expect(failures).toEqual([expect.stringContaining(path)]);
  rmSync(join(folder, 'logs'));
  file.write('kept\n');
  expect(readFileSync(path, 'utf8')).toBe('kept\n');
});
