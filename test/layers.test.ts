/** The layer table of docs/ARCHITECTURE.md, and the limits on file length, held against the source. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Layer {
  /** Folders it may import from, besides itself and type-only `api`. */
  readonly imports: readonly string[];
  /** Folders, or single files, it may import only types from. */
  readonly types?: readonly string[];
  /** Files with a rule of their own. */
  readonly files?: Readonly<Record<string, readonly string[]>>;
}

const upToModels = ['base', 'names', 'gguf', 'template', 'modelfile', 'api', 'config', 'store', 'registry'];
const upToInference = [
  ...upToModels,
  'backends',
  'engine',
  'runner',
  'quantize',
  'models',
  'chat',
  'compat',
  'scheduler',
];
const upToServer = [...upToInference, 'inference'];

const layers: Readonly<Record<string, Layer>> = {
  base: { imports: [] },
  names: { imports: ['base'] },
  gguf: { imports: ['base'] },
  template: { imports: ['base'] },
  modelfile: { imports: ['base', 'names'] },
  api: { imports: ['base', 'names'] },
  config: { imports: ['base', 'names', 'api'] },
  store: { imports: ['base', 'names', 'gguf'] },
  registry: { imports: ['base', 'names', 'store', 'config'] },
  backends: { imports: ['base', 'config'] },
  engine: { imports: ['base', 'gguf'], types: ['runner/protocol.ts'] },
  runner: { imports: ['base', 'config'], types: ['scheduler/gpu-device.ts'] },
  quantize: { imports: ['base', 'names', 'gguf', 'store', 'registry', 'runner'] },
  models: { imports: [...upToModels, 'runner', 'quantize', 'chat'] },
  chat: { imports: ['base', 'api', 'template'] },
  compat: { imports: ['base', 'api'] },
  scheduler: { imports: ['base', 'gguf', 'config'], types: ['api', 'runner'] },
  inference: { imports: upToInference },
  server: { imports: upToServer },
  client: { imports: ['base', 'api'] },
  cli: {
    imports: ['base', 'names', 'api', 'config', 'modelfile', 'client'],
    files: {
      'cli/commands/serve.ts': [...upToServer, 'server', 'client'],
      'cli/commands/login.ts': ['base', 'names', 'config', 'registry'],
      'cli/commands/logout.ts': ['base', 'names', 'config', 'registry'],
      'cli/commands/backend.ts': ['base', 'config', 'backends', 'runner'],
    },
  },
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const source = fileURLToPath(new URL('../src/', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .sort();

/** Static imports, re-exports and dynamic imports with a literal path; all of ours end in `.ts`. */
const importPattern =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:([^'";]*?)\sfrom\s+)?'(\.[^']+)'|import\('(\.[^']+)'\)/g;

function importsOf(path: string): Import[] {
  const text = readFileSync(join(source, path), 'utf8');
  return [...text.matchAll(importPattern)].map(([, type, names, fixed, dynamic]) => ({
    from: path,
    to: relative(source, resolve(source, dirname(path), fixed ?? dynamic ?? '')),
    typeOnly: type !== undefined || onlyTypes(names),
  }));
}

/** True for `{ type A, type B }`. */
function onlyTypes(names: string | undefined): boolean {
  const listed = /^\{([^}]*)\}$/.exec(names?.trim() ?? '')?.[1]?.split(',') ?? [];
  const members = listed.map((name) => name.trim()).filter((name) => name !== '');
  return members.length > 0 && members.every((name) => name.startsWith('type '));
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? '';
}

function isAllowed({ from, to, typeOnly }: Import): boolean {
  const [own, other] = [folderOf(from), folderOf(to)];
  if (own === other || (typeOnly && other === 'api')) return true;
  const layer = layers[own];
  if ((layer?.files?.[from] ?? layer?.imports)?.includes(other)) return true;
  return typeOnly && (layer?.types ?? []).some((allowed) => allowed === other || allowed === to);
}

describe('the layers', () => {
  it('are all the folders there are', () => {
    const folders = new Set(files.map(folderOf));
    expect([...folders].filter((folder) => !(folder in layers))).toEqual([]);
  });

  it('import only what their row allows', () => {
    const imports = files.flatMap(importsOf);
    expect(imports.length).toBeGreaterThan(100);
    const wrong = imports.filter((found) => !isAllowed(found));
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it.each<[Import, boolean]>([
    [{ from: 'base/a.ts', to: 'names/b.ts', typeOnly: false }, false],
    [{ from: 'runner/a.ts', to: 'api/b.ts', typeOnly: true }, true],
    [{ from: 'runner/a.ts', to: 'api/b.ts', typeOnly: false }, false],
    [{ from: 'engine/a.ts', to: 'runner/protocol.ts', typeOnly: true }, true],
    [{ from: 'engine/a.ts', to: 'runner/protocol.ts', typeOnly: false }, false],
    [{ from: 'engine/a.ts', to: 'runner/runner.ts', typeOnly: true }, false],
    [{ from: 'cli/commands/run.ts', to: 'server/app.ts', typeOnly: false }, false],
    [{ from: 'cli/commands/serve.ts', to: 'server/app.ts', typeOnly: false }, true],
    [{ from: 'cli/commands/backend.ts', to: 'backends/install.ts', typeOnly: false }, true],
    [{ from: 'cli/commands/pull.ts', to: 'backends/install.ts', typeOnly: false }, false],
    [{ from: 'runner/a.ts', to: 'scheduler/gpu-device.ts', typeOnly: true }, true],
    [{ from: 'runner/a.ts', to: 'scheduler/policy.ts', typeOnly: true }, false],
  ])('judge %o: %s', (found, allowed) => {
    expect(isAllowed(found)).toBe(allowed);
  });
});

describe('the length of source files', () => {
  const lengths = files.map((path) => ({
    path,
    lines: readFileSync(join(source, path), 'utf8').trimEnd().split('\n').length,
  }));

  it('is at most 400 lines', () => {
    expect(lengths.filter(({ lines }) => lines > 400)).toEqual([]);
  });

  it('is at most 90 lines in the median', () => {
    const sorted = lengths.map(({ lines }) => lines).sort((left, right) => left - right);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(90);
  });
});
