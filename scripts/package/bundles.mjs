// Bundles each program and each thread, with all packages that it needs, as one script that is a function of `require`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { programs, threads } from '../../dist/base/program/programs.js';
import { root } from '../setup.mjs';

const commandLine = `
import { main } from './src/cli/main.ts';
void main(process.argv.slice(2)).then((code) => { process.exitCode = code; });
`;

/** They are not bundled, but files in the executable. */
export const codecs = [
  'node_modules/@cwasm/jpeg-turbo/jpeg-turbo.wasm',
  'node_modules/@cwasm/webp/webp.wasm',
];

/** Node's addon lies beside the libraries, because the system cannot load it from within another file. */
const koffi = {
  name: 'koffi',
  setup(builder) {
    builder.onResolve({ filter: /^koffi$/ }, () => ({ path: 'koffi', namespace: 'addon' }));
    builder.onLoad({ filter: /.*/, namespace: 'addon' }, () => ({
      resolveDir: root,
      loader: 'ts',
      contents: `
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { archiveLibraryFolder } from './src/base/program/own-files.ts';
export default createRequire(process.execPath)(join(archiveLibraryFolder(), 'koffi.node'));
`,
    }));
  },
};

/** @returns the scripts by name, and the texts of the licenses of all packages in them */
export async function makeBundles() {
  const entries = Object.entries({ ...programs, ...threads });
  const scripts = new Map();
  const inputs = new Set();
  const add = async (name, options) => {
    const { outputFiles, metafile } = await bundle(options);
    scripts.set(name, Buffer.from(ascii(outputFiles[0].text), 'latin1'));
    for (const input of Object.keys(metafile.inputs)) inputs.add(input);
  };
  await add('ollama', { stdin: { contents: commandLine, resolveDir: root, loader: 'ts' } });
  for (const [name, path] of entries) {
    // A thread is started from its text as it is; Node gives it `require`.
    const isThread = name in threads;
    await add(name, {
      entryPoints: [join(root, 'src', `${path}.ts`)],
      ...(isThread && { banner: {}, footer: {} }),
    });
  }
  return { scripts, licenses: licensesOf([...inputs, ...codecs]) };
}

function bundle(options) {
  return build({
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    charset: 'ascii',
    // Nothing can be imported from within the executable; Node's own modules come from `require`.
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
    // Node prints the line in which an error was not caught.
    lineLimit: 160,
    legalComments: 'none',
    // A program inside the executable has no folder; `src/base/program/own-files.ts` answers instead.
    define: { 'import.meta.url': '"file:///ollama/"' },
    banner: { js: '(function(require){"use strict";' },
    footer: { js: '})' },
    absWorkingDir: root,
    metafile: true,
    write: false,
    logLevel: 'warning',
    plugins: [koffi],
    ...options,
  });
}

/** esbuild leaves other characters in regular expressions, where their numbers mean the same. */
function ascii(text) {
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function licensesOf(inputs) {
  const folders = new Set();
  for (const path of inputs) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    if (folder) folders.add(folder);
  }
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((found) => /^licen[cs]e/i.test(found));
    const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : '';
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return texts.join(`\n${'-'.repeat(72)}\n\n`);
}
