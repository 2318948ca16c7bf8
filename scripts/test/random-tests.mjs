// Finds the tests that repeat by scale: those that import test/scale.ts, themselves or through a helper.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const imported = /from\s+'(\.[^']+)'/g;

/** @returns paths relative to the root, without the folders whose files run at this scale anyway */
export function findRandomTests(root) {
  const files = ['src', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((path) => join(folder, path))
      .filter((path) => path.endsWith('.ts')),
  );
  const imports = new Map(files.map((path) => [path, importsOf(root, path)]));
  const scaled = new Set([join('test', 'scale.ts')]);
  for (let known = 0; known < scaled.size; ) {
    known = scaled.size;
    for (const [path, targets] of imports) if (targets.some((target) => scaled.has(target))) scaled.add(path);
  }
  const lanes = ['waiting', 'clients', 'exact', 'long'].map((lane) => join('test', 'e2e', lane));
  const always = [...lanes, join('test', 'attack')];
  const runsAnyway = (path) => always.some((folder) => path.startsWith(folder));
  return [...scaled].filter((path) => path.endsWith('.test.ts') && !runsAnyway(path)).sort();
}

function importsOf(root, path) {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(imported)].map(([, target]) =>
    relative(root, resolve(root, dirname(path), target)),
  );
}
