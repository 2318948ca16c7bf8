// Bundles the web page: src/ui/ to dist/ui/. Writes each file as it is, and compressed with brotli and gzip, since browsers offer brotli
// only to encrypted or local addresses. `files.json` lists the files for the server.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src/ui');

/** @returns whether the bundler is installed: it is not in a production install */
export async function buildPage(folder = join(root, 'dist/ui')) {
  const { build } = await import('esbuild');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { main: join(source, 'main.tsx'), page: join(source, 'styles/page.css') },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  writeFileSync(join(folder, 'licenses.txt'), licenses(metafile));
  const entry = (name) => {
    const found = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === name);
    return basename(found[0]);
  };
  const [script, style] = [entry('src/ui/main.tsx'), entry('src/ui/styles/page.css')];
  const html = readFileSync(join(source, 'page.html'), 'utf8')
    .replace('SCRIPT', script)
    .replace('STYLE', style);
  writeFileSync(join(folder, 'page.html'), html);
  const names = readdirSync(folder);
  for (const name of names) compress(join(folder, name));
  const first = firstFiles(metafile, [script, style]);
  writeFileSync(join(folder, 'files.json'), JSON.stringify({ names, first: ['page.html', ...first] }));
}

function compress(path) {
  const bytes = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}

/** The files that a browser loads before the page is there: the entries with what they import at once. */
function firstFiles({ outputs }, names) {
  const byName = new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output]));
  const found = new Set();
  const add = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const { path, kind } of byName.get(name)?.imports ?? []) {
      if (kind === 'import-statement') add(basename(path));
    }
  };
  for (const name of names) add(name);
  return [...found];
}

/** The texts of the licenses of all packages whose code is in the bundle. */
function licenses({ inputs }) {
  const folders = new Set();
  for (const path of Object.keys(inputs)) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    if (folder) folders.add(folder);
  }
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
    const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : '';
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return texts.join(`\n${'-'.repeat(72)}\n\n`);
}
