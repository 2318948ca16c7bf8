import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
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

/** On Windows, a program has an older log open until `close` is called. */
function openedElsewhere(platform: NodeJS.Platform) {
  let isOpen = true;
  const rename = (from: string, to: string) => {
    if (isOpen) throw Object.assign(new Error('open'), { code: 'EPERM' });
    renameSync(from, to);
  };
  const system = { platform, rename };
  const onFailure = (reason: string) => void failures.push(reason);
  const file = new RotatingFile(join(folder, 'server.log'), { maxBytes: 10, system, onFailure });
  return { file, close: () => (isOpen = false) };
}

it('keeps writing to a full log on Windows while a program has it open, and moves it later', () => {
  const { file, close } = openedElsewhere('win32');
  for (const line of ['12345\n', '67890\n', 'more\n']) file.write(line);
  expect(failures).toEqual([]);
  expect(read('server.log')).toBe('12345\n67890\nmore\n');
  close();
  file.write('next\n');
  expect(read('server.log')).toBe('next\n');
  expect(read('server-1.log')).toBe('12345\n67890\nmore\n');
});

it('loses lines on Windows when the log that cannot be moved has ten times its size', () => {
  const { file } = openedElsewhere('win32');
  for (let index = 0; index < 20; index++) file.write('1234567890\n');
  expect(statSync(join(folder, 'server.log')).size).toBeLessThanOrEqual(100);
  expect(failures).toHaveLength(1);
});

it('loses lines elsewhere when the log cannot be moved', () => {
  const { file } = openedElsewhere('linux');
  for (const line of ['12345\n', '67890\n']) file.write(line);
  expect(failures).toHaveLength(1);
});
