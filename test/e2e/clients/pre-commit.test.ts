/** The script for a Git hook, in a separate small repository. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const good = 'export const answer: number = 42;\n';
const TIMEOUT_MS = 120_000;

let folder: string;
const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
const source = () => join(folder, 'src/answer.ts');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ollama-commit-'));
  mkdirSync(join(folder, 'src'));
  for (const path of [
    'scripts/pre-commit.mjs',
    'scripts/setup.mjs',
    'package.json',
    'biome.json',
    'tsconfig.json',
    'tsconfig.test.json',
    '.gitignore',
  ]) {
    cpSync(join(root, path), join(folder, path));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  git('init', '--quiet');
  // The pattern in .gitignore matches only a folder, but this one is a link.
  writeFileSync(join(folder, '.git/info/exclude'), 'node_modules\n');
  git('add', '.');
  git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--message', 'Begin');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function preCommit() {
  // If the tests themselves run in a hook, Git's variables name another repository.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/pre-commit.mjs'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

it('accepts an empty index', { timeout: TIMEOUT_MS }, () => {
  expect(preCommit()).toEqual({ status: 0, output: '' });
});

it('checks staged changes, and leaves other changes alone', { timeout: TIMEOUT_MS }, () => {
  writeFileSync(source(), good);
  git('add', 'src');
  const unstaged = 'export const answer = "not formatted, and no number"';
  writeFileSync(source(), unstaged);
  const { status, output } = preCommit();
  expect(status, output).toBe(0);
  expect(readFileSync(source(), 'utf8')).toBe(unstaged);
  expect(git('show', ':src/answer.ts')).toBe(good);
});

it.each([
  ['format', 'export const answer: number    = 42\n', 'npm run format'],
  ['lint', 'export const answer: any = 42;\n', 'npm run format'],
  ['types', "export const answer: number = 'forty-two';\n", 'wrong types'],
])('refuses staged files with a wrong %s', { timeout: TIMEOUT_MS }, (_what, text, message) => {
  writeFileSync(source(), text);
  git('add', 'src');
  writeFileSync(source(), good);
  const { status, output } = preCommit();
  expect(output).toContain(message);
  expect(status).toBe(1);
  expect(readFileSync(source(), 'utf8')).toBe(good);
});

it('checks types when a file is removed that others import', { timeout: TIMEOUT_MS }, () => {
  writeFileSync(source(), good);
  const user = "import { answer } from './answer.ts';\n\nexport const twice = 2 * answer;\n";
  writeFileSync(join(folder, 'src/user.ts'), user);
  git('add', 'src');
  git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--message', 'Add two');
  git('rm', '--quiet', 'src/answer.ts');
  const { status, output } = preCommit();
  expect(output).toContain('wrong types');
  expect(status).toBe(1);
});
