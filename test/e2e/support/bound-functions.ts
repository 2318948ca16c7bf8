import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The functions of the libraries that the engine binds, from its source: a binding has the function's C prototype. */
export function boundFunctions(): Set<string> {
  const folder = fileURLToPath(new URL('../../../src/engine', import.meta.url));
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(folder, path), 'utf8'));
  const found = new Set<string>();
  for (const source of sources) {
    const bindings = source.replace(/koffi\.proto\([^)]*\)/g, '');
    for (const [, name = ''] of bindings.matchAll(/'[\w ]+[ *]((?:ggml|llama|_Z\d+llama)_\w+)\(/g))
      found.add(name);
  }
  const operations = readFileSync(join(folder, 'graph', 'operation-bindings.ts'), 'utf8');
  for (const [, name] of operations.matchAll(/^ {2}\| '(\w+)'/gm)) found.add(`ggml_${name}`);
  return found;
}
