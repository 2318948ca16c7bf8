import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findLog } from './log-source.ts';

let root: string;
const write = (path: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), '');
};
const find = (logFile = '', platform: NodeJS.Platform = 'linux') =>
  findLog({ logFile, environment: { HOME: join(root, 'home') }, platform, root });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ollama-log-source-'));
});
afterEach(() => rmSync(root, { recursive: true }));

it('finds nothing if no server wrote a file and no service is installed', () => {
  expect(find(join(root, 'named.log'))).toEqual({ kind: 'none' });
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
  expect(find()).toEqual({ kind: 'none' });
});

it('prefers the configured file to the journal, and the journal to the usual file', () => {
  write('home/.ollama/logs/server.log');
  expect(find()).toEqual({ kind: 'file', path: join(root, 'home/.ollama/logs/server.log') });
  write('etc/systemd/system/ollama.service');
  expect(find(), 'systemd is not running').toMatchObject({ kind: 'file' });
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
  expect(find()).toEqual({ kind: 'journal' });
  write('named.log');
  expect(find(join(root, 'named.log'))).toEqual({ kind: 'file', path: join(root, 'named.log') });
});

it('looks only for files on Windows', () => {
  write('home/.ollama/logs/server.log');
  write('etc/systemd/system/ollama.service');
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
  expect(find('', 'win32')).toEqual({ kind: 'none' });
  write('named.log');
  expect(find(join(root, 'named.log'), 'win32')).toMatchObject({ kind: 'file' });
});
