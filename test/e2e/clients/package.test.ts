/**
 * The package as npm delivers it to a program: packed, installed, its types checked and each of its entries used. The
 * program consists of the examples in docs/library.md, one per entry.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { programVersion } from '../../../src/base/version.ts';
import { packProgram } from '../../fakes/package-file.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { readMarkdown } from '../../markdown.ts';
import { startTestServer } from '../support/server-process.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Enough to download all dependencies when npm has none of them in its cache. */
const DOWNLOAD_MS = 300_000;
const offline = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH/;
const page = readMarkdown(await readFile(join(root, 'docs/library.md'), 'utf8'));
const packageFile = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
/** The entries: "ollama-ts", "ollama-ts/client" and so on. */
const entries = Object.keys(packageFile.exports)
  .filter((subpath) => subpath !== './package.json')
  .map((subpath) => packageFile.name + subpath.slice(1));
const examples = page.blocks.filter(({ language }) => language === 'ts').map(({ text }) => text);
const exampleOf = (entry: string) => examples.findIndex((text) => text.includes(`from '${entry}'`));

/** The folder of a program that uses the package. */
let folder: string;
let tarball: string;
let installFailure: string | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-package-'));
  tarball = await packProgram(folder);
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  const flags = ['--ignore-scripts', '--omit=optional', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, tarball]).catch((error: Error) => {
    installFailure = error.message;
  });
}, DOWNLOAD_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** @returns the program's output */
async function run(command: string, args: readonly string[], cwd = folder): Promise<string> {
  const env = { ...process.env, HOME: folder, OLLAMA_CONFIG: devNull, npm_config_cache: await npmCache() };
  return (await promisify(execFile)(command, args, { cwd, env })).stdout;
}

let cache: string | undefined;
/** The user's own npm cache, although the home folder is a temporary one. */
async function npmCache(): Promise<string> {
  cache ??= (await promisify(execFile)('npm', ['config', 'get', 'cache'])).stdout.trim();
  return cache;
}

/** Without a registry there is nothing to test, and the report must show that. */
function requireInstalled(context: TestContext): void {
  if (installFailure !== undefined && offline.test(installFailure)) {
    skipWithout('the npm registry', context, `the npm registry cannot be reached: ${installFailure}`);
  }
  expect(installFailure).toBeUndefined();
}

const runExample = (entry: string, ...args: string[]) =>
  run(process.execPath, [join(folder, 'out', `example-${exampleOf(entry)}.js`), ...args]);

describe('the package', () => {
  it('has entries that every resolver finds', async () => {
    const bytes = await readFile(tarball);
    const { messages } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, packageFile))).toEqual([]);
  });

  it('exports the names that docs/library.md explains, and no other files', async (context) => {
    requireInstalled(context);
    const listNames = `const names = {};
      for (const entry of ${JSON.stringify(entries)}) names[entry] = Object.keys(await import(entry));
      console.log(JSON.stringify(names));`;
    const names = JSON.parse(await run(process.execPath, ['--input-type=module', '--eval', listNames]));
    const text = await readFile(join(root, 'docs/library.md'), 'utf8');
    for (const entry of entries) {
      expect(names[entry].length, entry).toBeGreaterThan(1);
      expect(names[entry].filter((name: string) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
    }
    const inner = "import('ollama-ts/dist/base/errors.js')";
    await expect(run(process.execPath, ['--input-type=module', '--eval', inner])).rejects.toThrow(
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    );
  });

  it('has the program "ollama"', async (context) => {
    requireInstalled(context);
    const program = join(folder, 'node_modules/.bin/ollama');
    expect(await run(program, ['help', 'serve'])).toContain('Start the server');
  });
});

describe('the examples of docs/library.md', () => {
  it('cover every entry once', () => {
    expect(entries.map(exampleOf).sort()).toEqual(examples.map((_, index) => index));
  });

  // Types of dependencies are checked, too, because they are part of the package's types.
  it('have the right types', { timeout: DOWNLOAD_MS }, async (context) => {
    requireInstalled(context);
    await mkdir(join(folder, 'src'));
    for (const [index, text] of examples.entries()) {
      await writeFile(join(folder, 'src', `example-${index}.ts`), text);
    }
    const compilerOptions = {
      ...{ module: 'nodenext', moduleResolution: 'nodenext', target: 'ES2022' },
      ...{ strict: true, exactOptionalPropertyTypes: true, rootDir: 'src', outDir: 'out' },
      ...{ types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const printed = await run(process.execPath, [compiler, '-p', folder]).catch((error) => error.stdout);
    expect(printed).toBe('');
  });

  it('start a server and stop it', async (context) => {
    requireInstalled(context);
    expect(await runExample('ollama-ts')).toBe(`{ version: '${programVersion()}' }\n`);
  });

  it('call a server', async (context) => {
    requireInstalled(context);
    await using server = await startTestServer();
    expect(await runExample('ollama-ts/client', server.url)).toBe(
      `{ version: '${programVersion()}' }\nthe model is not here; pull it first\n`,
    );
  });

  it.each([
    ['ollama-ts/gguf', 'llama, 128 tokens, 4 parameters, tensors: output.weight\n'],
    ['ollama-ts/template', '<user> Hello\n'],
    [
      'ollama-ts/modelfile',
      '{ temperature: 0.3 }\nFROM ./model.gguf\nPARAMETER temperature 0.3\nSYSTEM Be brief.\n',
    ],
    ['ollama-ts/grammar', expect.stringMatching(/^root ::= .*color.*red.*green/s)],
  ])('use %s', async (entry, printed) => {
    expect(await runExample(entry)).toEqual(printed);
  });
});
