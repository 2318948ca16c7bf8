/** Checks the source against the layer table of docs/ARCHITECTURE.md and the limits on file length. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Layer {
  /** Folders it may import from, besides itself and type-only `api`. */
  readonly imports: readonly string[];
  /** Folders, or single files, from which it may import only types. */
  readonly types?: readonly string[];
  /** Files with their own rule. */
  readonly files?: Readonly<Record<string, readonly string[]>>;
}

const upToModels = [
  'base',
  'platform',
  'names',
  'gguf',
  'convert',
  'jinja',
  'template',
  'modelfile',
  'protocol',
  'media',
  'grammar',
  'api',
  'config',
  'store',
  'registry',
  'access',
];
const upToInference = [
  ...upToModels,
  'gpus',
  'engine',
  'runner',
  'quantize',
  'models',
  'chat',
  'compat',
  'scheduler',
  'runs',
  'usage',
  'conversations',
  'batches',
];
const upToServer = [
  ...upToInference,
  'upstreams',
  'inference',
  'workers',
  'traces',
  'metrics',
  'live',
  'blocks',
];

const layers: Readonly<Record<string, Layer>> = {
  base: { imports: [] },
  ui: {
    imports: [],
    types: ['base', 'client'],
    files: {
      'ui/chat-settings/option-fields.ts': ['api'],
      'ui/settings/api-keys/key-form.tsx': ['api'],
    },
  },
  platform: { imports: ['base'] },
  names: { imports: ['base'] },
  gguf: { imports: ['base'] },
  template: { imports: ['base'] },
  jinja: { imports: ['base'] },
  grammar: { imports: ['base'] },
  protocol: { imports: ['base'] },
  runs: { imports: ['base'] },
  blocks: { imports: ['base', 'protocol'] },
  traces: { imports: ['base', 'config', 'runs'] },
  workers: { imports: ['base', 'platform'] },
  convert: { imports: ['base', 'gguf'] },
  media: { imports: ['base', 'gguf', 'protocol', 'workers'] },
  modelfile: { imports: ['base', 'names'] },
  api: { imports: ['base', 'names'] },
  config: { imports: ['base', 'platform', 'names', 'api'] },
  metrics: { imports: ['base', 'config', 'protocol', 'runs'] },
  live: { imports: ['base', 'protocol', 'runs', 'api'] },
  store: { imports: ['base', 'platform', 'names', 'gguf'] },
  registry: { imports: ['base', 'platform', 'names', 'store', 'config'] },
  usage: { imports: ['base', 'runs'] },
  conversations: { imports: ['base', 'api'] },
  batches: { imports: ['base', 'api', 'workers'] },
  access: { imports: ['base', 'names', 'api', 'config', 'runs', 'store'] },
  gpus: { imports: ['base', 'platform', 'config', 'protocol'] },
  engine: { imports: ['base', 'platform', 'gguf', 'convert', 'grammar', 'protocol', 'media'] },
  runner: { imports: ['base', 'platform', 'config', 'protocol', 'gpus'] },
  quantize: { imports: ['base', 'platform', 'names', 'gguf', 'workers', 'store', 'protocol', 'runner'] },
  models: { imports: [...upToModels, 'platform', 'runner', 'quantize', 'workers', 'chat'] },
  chat: { imports: ['base', 'api', 'template', 'jinja', 'grammar', 'workers'] },
  compat: { imports: ['base', 'api'] },
  scheduler: {
    imports: ['base', 'platform', 'gguf', 'config', 'protocol', 'gpus'],
    types: ['api', 'runner'],
  },
  upstreams: { imports: ['base', 'names', 'api', 'config', 'runs', 'registry'] },
  inference: { imports: [...upToInference, 'upstreams'] },
  server: { imports: upToServer },
  client: { imports: ['base', 'api'] },
  cli: {
    imports: ['base', 'platform', 'names', 'api', 'config', 'modelfile', 'client'],
    files: {
      'cli/commands/serve.ts': [...upToServer, 'server', 'client'],
      'cli/load-serve.ts': [...upToServer, 'server'],
      'cli/commands/login.ts': ['base', 'names', 'config', 'registry'],
      'cli/commands/logout.ts': ['base', 'names', 'config', 'registry'],
      'cli/commands/backend.ts': ['base', 'config', 'gpus'],
      'cli/commands/key.ts': ['base', 'api', 'config', 'access'],
    },
  },
  // The package's public surface: each entry sees its own subject only. A new one needs a row here.
  entries: {
    imports: [],
    files: {
      'entries/index.ts': ['base', 'config', 'server'],
      'entries/client.ts': ['base', 'api', 'client'],
      'entries/gguf.ts': ['base', 'gguf'],
      'entries/grammar.ts': ['base', 'grammar'],
      'entries/modelfile.ts': ['base', 'modelfile'],
      'entries/template.ts': ['base', 'template'],
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
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.test.ts'))
  .sort();

/** Static imports, re-exports and dynamic imports with a literal path; all of ours end in `.ts` or `.tsx`. */
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
  it('list every folder', () => {
    const folders = new Set(files.map(folderOf));
    expect([...folders].filter((folder) => !(folder in layers))).toEqual([]);
  });

  it('import only what their row of the table allows', () => {
    const imports = files.flatMap(importsOf);
    expect(imports.length).toBeGreaterThan(100);
    const wrong = imports.filter((found) => !isAllowed(found));
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it.each<[Import, boolean]>([
    [{ from: 'base/a.ts', to: 'names/b.ts', typeOnly: false }, false],
    [{ from: 'runner/a.ts', to: 'api/b.ts', typeOnly: true }, true],
    [{ from: 'runner/a.ts', to: 'api/b.ts', typeOnly: false }, false],
    [{ from: 'engine/a.ts', to: 'protocol/frames.ts', typeOnly: false }, true],
    [{ from: 'engine/a.ts', to: 'runner/runner.ts', typeOnly: true }, false],
    [{ from: 'cli/commands/run.ts', to: 'server/app.ts', typeOnly: false }, false],
    [{ from: 'cli/commands/serve.ts', to: 'server/app.ts', typeOnly: false }, true],
    [{ from: 'cli/commands/backend.ts', to: 'gpus/install-backend.ts', typeOnly: false }, true],
    [{ from: 'cli/commands/pull.ts', to: 'gpus/install-backend.ts', typeOnly: false }, false],
    [{ from: 'runner/a.ts', to: 'gpus/gpu-device.ts', typeOnly: true }, true],
    [{ from: 'runner/a.ts', to: 'scheduler/policy.ts', typeOnly: true }, false],
    [{ from: 'entries/index.ts', to: 'server/build.ts', typeOnly: false }, true],
    [{ from: 'entries/gguf.ts', to: 'server/build.ts', typeOnly: false }, false],
    [{ from: 'entries/more.ts', to: 'base/errors.ts', typeOnly: false }, false],
  ])('judge %o: %s', (found, allowed) => {
    expect(isAllowed(found)).toBe(allowed);
  });
});

describe('the table in docs/ARCHITECTURE.md', () => {
  const text = readFileSync(new URL('../docs/ARCHITECTURE.md', import.meta.url), 'utf8');
  const rows = new Map(
    [...text.matchAll(/^\| \d \| `(\w+)\/` \|.*\| ([^|]+) \|$/gm)].map(([, folder = '', allowed = '']) => [
      folder,
      allowed,
    ]),
  );

  it('has a row for each folder', () => {
    expect([...rows.keys()].sort()).toEqual(Object.keys(layers).sort());
  });

  it('allows what is allowed here', () => {
    const listed = [...rows].map(([folder, allowed]) => [
      folder,
      allowed.replace(/; types of .*/, '').split(', '),
    ]);
    const plain = listed.filter(([, names]) => (names as string[]).every((name) => name in layers));
    expect(plain.length).toBeGreaterThan(15);
    for (const [folder, names] of plain) expect(names, `${folder}`).toEqual(layers[`${folder}`]?.imports);
  });
});

describe('unit tests', () => {
  it('import nothing from test/e2e', () => {
    const root = join(source, '..');
    const tests = ['src', 'test']
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
          join(folder, path),
        ),
      )
      .filter((path) => /\.m?ts$/.test(path) && !/^test\/(e2e|attack)\//.test(path));
    expect(tests.length).toBeGreaterThan(500);
    const importsEndToEnd = /(?:from|import)\s*\(?\s*'[^']*\/e2e\//;
    expect(tests.filter((path) => importsEndToEnd.test(readFileSync(join(root, path), 'utf8')))).toEqual([]);
  });
});

describe('the lanes', () => {
  it('have every test of the folder test', () => {
    const folders = [
      '',
      'simulation',
      'conformance',
      'e2e/wire',
      'e2e/model',
      'e2e/browser',
      'e2e/waiting',
      'e2e/clients',
      'e2e/exact',
      'e2e/long',
      'attack',
      'attack/waiting',
    ];
    const tests = readdirSync(join(source, '../test'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => ({ path, folder: dirname(path).replace(/^\.$/, '') }));
    expect(tests.length).toBeGreaterThan(50);
    expect(tests.filter(({ folder }) => !folders.includes(folder))).toEqual([]);
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
});

/** Folders with one small file per route, command or body: wide, but every file follows the same pattern. */
const grids = ['api', 'cli/commands', 'server/routes'];
const MAX_FILES_PER_FOLDER = 25;

describe('the width of folders', () => {
  const widths = new Map<string, number>();
  for (const path of files) widths.set(dirname(path), (widths.get(dirname(path)) ?? 0) + 1);

  it(`is at most ${MAX_FILES_PER_FOLDER} source files, except in the grids`, () => {
    const wide = [...widths].filter(
      ([folder, width]) => width > MAX_FILES_PER_FOLDER && !grids.includes(folder),
    );
    expect(wide).toEqual([]);
  });

  it('exceeds the limit in every grid, so that unnecessary exceptions are found', () => {
    expect(grids.filter((folder) => (widths.get(folder) ?? 0) <= MAX_FILES_PER_FOLDER)).toEqual([]);
  });
});
