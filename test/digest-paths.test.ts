/** Only one place turns a digest into a path, so that no digest from a registry or client can lead to other files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
);
const usersOf = (pattern: RegExp) =>
  files.filter((file) => pattern.test(readFileSync(join(source, file), 'utf8'))).sort();

it('only the blob store creates file names from digests', () => {
  expect(usersOf(/\bdigestFileName\(/)).toEqual(['names/digest.ts', 'store/blob-store.ts']);
});

it('no other file writes such names', () => {
  expect(usersOf(/`[^`]*sha256-\$\{/)).toEqual(['store/blob-store.ts']);
});
