/** One place turns a digest into a path: whatever a registry or a client sends, nothing else can be led astray. */
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

it('only the blob store makes file names of digests', () => {
  expect(usersOf(/\bdigestFileName\(/)).toEqual(['names/digest.ts', 'store/blob-store.ts']);
});

it('nobody else writes such names', () => {
  expect(usersOf(/`[^`]*sha256-\$\{/)).toEqual(['store/blob-store.ts']);
});
