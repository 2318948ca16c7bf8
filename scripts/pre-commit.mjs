// `npm run pre-commit`: checks what is staged. Format and lint of the staged files, and types if one of them can change types.
// It checks a copy of the index, so that changes without "git add" neither count nor get lost.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runNode } from './setup.mjs';

/** Files that Biome reads; it leaves out the others. */
const linted = /\.(ts|mts|mjs|js|json|jsonc)$/;

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' });

/** A change of these, also their removal, can make types wrong. */
const typed = /(\.m?ts|(^|\/)(tsconfig[^/]*|package(-lock)?)\.json)$/;

function stagedFiles(filter) {
  const names = git('diff', '--cached', '--name-only', '--no-renames', `--diff-filter=${filter}`, '-z');
  return names.split('\0').filter((name) => name !== '');
}

/** @returns whether all checks pass */
async function check(folder) {
  const modules = join(root, 'node_modules');
  const biome = join(modules, '@biomejs/biome/bin/biome');
  const compiler = join(modules, 'typescript/bin/tsc');
  const sources = stagedFiles('ACM').filter((name) => linted.test(name));
  if (sources.length > 0) {
    const args = [biome, 'check', '--no-errors-on-unmatched', ...sources];
    if ((await runNode(args, { cwd: folder })) !== 0) {
      console.error(
        '\nStaged files break the rules: run "npm run format", mend the rest, and stage them again.',
      );
      return false;
    }
  }
  if (!stagedFiles('ACMD').some((name) => typed.test(name))) return true;
  if ((await runNode([compiler, '--noEmit', '-p', 'tsconfig.test.json'], { cwd: folder })) === 0) return true;
  console.error('\nThe staged files have wrong types.');
  return false;
}

async function main() {
  if (stagedFiles('ACMD').length === 0) return;
  if (!existsSync(join(root, 'node_modules'))) throw new Error('run "npm ci" first');
  const folder = await mkdtemp(join(tmpdir(), 'ollama-ts-staged-'));
  try {
    git('checkout-index', '--all', `--prefix=${folder}/`);
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    if (!(await check(folder))) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
