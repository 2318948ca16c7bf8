/** Checks links, commands, files and settings in the pages against the project. End-to-end tests run the commands. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commandTable, findCommand } from '../src/cli/command-table.ts';
import { settings } from '../src/config/settings.ts';
import { readMarkdown } from './markdown.ts';
import { type Page, readPages } from './pages.ts';
import { simpleCommands } from './shell-commands.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = readPages();
/** Pages outside docs/. Their commands are for a checkout, so no test runs them. */
const otherPages: Page[] = [
  'AGENTS.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CODE_OF_CONDUCT.md',
  '.github/pull_request_template.md',
].map((path) => ({ path, ...readMarkdown(readFileSync(root + path, 'utf8')) }));
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => readFileSync(`${root}src/${path}`, 'utf8'))
  .join('\n');

const variablePattern = /\bOLLAMA_[A-Z_]*[A-Z]\b/g;
/** Variables that scripts read in addition to the settings, such as those of the installer. */
const scriptVariables = readdirSync(`${root}scripts`)
  .filter((name) => /\.(sh|ps1|mjs)$/.test(name))
  .flatMap((name) => readFileSync(`${root}scripts/${name}`, 'utf8').match(variablePattern) ?? []);

/** Read from the environment alone, because settings are shown and logged. */
const secretVariables = ['OLLAMA_API_KEY'];

/** Every file of the project, as a path from its root folder. */
const projectFiles = [
  ...readdirSync(root),
  ...['.github', 'bench', 'bin', 'docs', 'packaging', 'scripts', 'src', 'test'].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  ),
];
const filePaths = new Set(projectFiles);
const fileNames = new Set(projectFiles.map((path) => basename(path)));
/** A word in a code span that names a file or folder of the project. */
const filePattern =
  /^(?:[\w.-]+\/)*[\w.-]+\.(?:ts|mts|mjs|sh|ps1)$|^(?:src|test|docs|scripts|bench|packaging)\/(?:[\w.-]+\/)*(?:[\w.-]+\.\w+)?$/;

/** A placeholder in capitals that the reader replaces, as in `src/FOLDER/NAME.ts`. */
const placeholderPattern = /(?:^|\/)[A-Z]+(?:\/|\.(?:test\.)?(?:ts|sh)$)/;

/** Paths are relative to the project's root folder or to src/. A name without a folder matches any file. */
function isFile(text: string): boolean {
  const path = text.replace(/\/$/, '');
  if (!path.includes('/')) return filePaths.has(path) || fileNames.has(path);
  return filePaths.has(path) || filePaths.has(`src/${path}`);
}

/** @returns the files that a page names in code but that do not exist */
function missingFiles({ spans }: Pick<Page, 'spans'>): string[] {
  const words = spans.flatMap(({ text }) => text.split(/\s+/));
  return words.filter((word) => filePattern.test(word) && !placeholderPattern.test(word) && !isFile(word));
}

/** @returns what is wrong; "" if nothing is */
function linkProblem(path: string, target: string): string {
  if (/^[a-z]+:/.test(target)) return target.startsWith('http') ? '' : `strange link ${target}`;
  const [file = '', anchor] = target.split('#');
  const found = file === '' ? join(root, path) : join(root, dirname(path), file);
  if (!existsSync(found)) return `no file ${target}`;
  if (anchor === undefined) return '';
  return readMarkdown(readFileSync(found, 'utf8')).anchors.has(anchor) ? '' : `no heading for ${target}`;
}

async function commandProblem([program, name = '', ...words]: readonly string[]): Promise<string> {
  if (program === 'npm')
    return name === 'run' && !((words[0] ?? '') in scripts) ? `no script ${words[0]}` : '';
  if (program !== 'ollama' || !/^[a-z-][\w-]*$/.test(name)) return '';
  if (name.startsWith('-'))
    return ['--version', '-v', '--help', '-h'].includes(name) ? '' : `no flag ${name}`;
  if (name === 'help') return '';
  const command = await findCommand(name)?.load();
  if (!command) return `no command ${name}`;
  const shorts = Object.values(command.flags).map(({ short }) => `-${short}`);
  const known = new Set([
    '--help',
    '-h',
    ...shorts,
    ...Object.keys(command.flags).map((flag) => `--${flag}`),
  ]);
  const end = words.indexOf('--');
  const flags = (end < 0 ? words : words.slice(0, end)).filter((word) => /^--?[a-z]/.test(word));
  const unknown = flags.map((flag) => flag.replace(/=.*$/, '')).find((flag) => !known.has(flag));
  return unknown === undefined ? '' : `${name} has no flag ${unknown}`;
}

async function problemsOf(script: string): Promise<string[]> {
  const problems = await Promise.all(simpleCommands(script).map(commandProblem));
  return problems.filter((problem) => problem !== '');
}

describe('the pages', () => {
  it.each([...pages, ...otherPages])('$path links to existing files and headings', ({ path, links }) => {
    const wrong = links.map(({ target, line }) => ({ line, problem: linkProblem(path, target) }));
    expect(wrong.filter(({ problem }) => problem !== '')).toEqual([]);
  });

  it('are all listed in docs/README.md', () => {
    const index = pages.find(({ path }) => path === 'docs/README.md');
    const targets = new Set(
      index?.links.map(({ target }) => relative(root, join(root, 'docs', target.replace(/#.*/, '')))),
    );
    const missing = pages.filter(
      ({ path }) => path.startsWith('docs/') && path !== index?.path && !targets.has(path),
    );
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  it.each(pages)('$path names existing commands and flags', async ({ blocks, spans }) => {
    const scripted = blocks.filter(({ language }) => language === 'sh');
    const inline = spans.map(({ text, line }) => ({ text: text.replace(/^\$ /, ''), line }));
    const wrong = [];
    for (const { text, line } of [...scripted, ...inline.filter(({ text }) => /^(ollama|npm) /.test(text))]) {
      const problems = await problemsOf(text);
      if (problems.length > 0) wrong.push({ line, problems });
    }
    expect(wrong).toEqual([]);
  });

  it.each([...pages, ...otherPages])('$path names existing files', (page) => {
    expect(missingFiles(page)).toEqual([]);
  });

  it.each(pages)('$path names existing settings', ({ path }) => {
    const names = readFileSync(root + path, 'utf8').match(variablePattern) ?? [];
    const ours = Object.values(settings).map(({ name }) => name);
    const known = new Set([...ours, ...scriptVariables, ...secretVariables]);
    expect([...new Set(names)].filter((name) => !known.has(name))).toEqual([]);
  });

  it('quote existing messages of the program in docs/troubleshooting.md', () => {
    const text = readFileSync(`${root}docs/troubleshooting.md`, 'utf8');
    const firstCells = text.split('\n').flatMap((line) => /^\| ([^|]*) \|/.exec(line)?.[1] ?? []);
    const quotes = firstCells.flatMap((cell) =>
      [...cell.matchAll(/`([^`]+ [^`]+)`/g)].map(([, quote = '']) => quote),
    );
    const ours = quotes.filter((quote) => !/^(lib|Error:|ollama |"|\d)/.test(quote));
    expect(ours.length).toBeGreaterThan(20);
    const fragments = ours.flatMap((quote) => quote.split('…')).map((part) => part.replace(/^\W+|\W+$/g, ''));
    expect(fragments.filter((fragment) => fragment !== '' && !sources.includes(fragment))).toEqual([]);
  });

  it.each(pages)('$path has shell commands that bash can parse', ({ path, blocks }) => {
    for (const { language, text, line } of blocks) {
      if (language !== 'sh') continue;
      const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
      expect([status, stderr], `${path}:${line}`).toEqual([0, '']);
    }
  });
});

describe('the issue forms', () => {
  const folder = `${root}.github/ISSUE_TEMPLATE/`;

  it.each(readdirSync(folder))('%s has fields with unique names', (name) => {
    const form = parse(readFileSync(folder + name, 'utf8'));
    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    const ids = form.body.map(({ id }: { id: string }) => id);
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('README.md', () => {
  const text = readFileSync(`${root}README.md`, 'utf8');

  it('shows every folder of src/ in its tree', () => {
    const tree = /^src\/\n([^`]*)/m.exec(text)?.[1] ?? '';
    const shown = [...tree.matchAll(/\b([a-z]+)\/(?= {2}|\n| +[a-z])/g)].map(([, folder]) => folder);
    const folders = readdirSync(`${root}src`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => !shown.includes(name))).toEqual([]);
  });

  it('takes its figures from docs/performance.md', () => {
    const measured = readFileSync(`${root}docs/performance.md`, 'utf8');
    const section = text.slice(text.indexOf('## Why this and not Ollama'), text.indexOf('## The source'));
    const rows = section.split('\n').filter((line) => /^\| .* \|.*\d.*\|.*\d.*\|$/.test(line));
    const figures = rows.flatMap((row) => [
      ...row
        .split('|')
        .slice(2)
        .join('|')
        .matchAll(/\d+(?:\.\d+)?/g),
    ]);
    const known = [...measured.matchAll(/\d+(?:\.\d+)?/g)].map(([figure]) => Number(figure));
    const isKnown = (figure: number) => known.some((other) => Math.abs(other - figure) < 1e-9);
    expect(figures.length).toBeGreaterThan(10);
    expect(figures.map(([figure]) => Number(figure)).filter((figure) => !isKnown(figure))).toEqual([]);
  });
});

describe('the check of file names', () => {
  it('finds names without a file', () => {
    const spans = [
      '`src/engine/`',
      'stop-scanner.ts',
      'engine/native/structs.ts',
      'vitest run src/a.test.ts',
    ];
    const others = [
      'engine/structs.ts',
      'nothing.ts',
      'src/nowhere/',
      'text/template',
      'README.md',
      '/v1/chat.ts',
      'src/FOLDER/NAME.test.ts',
    ];
    const page = {
      spans: [...spans, ...others].map((text) => ({ text: text.replaceAll('`', ''), line: 1 })),
    };
    expect(missingFiles(page)).toEqual(['src/a.test.ts', 'engine/structs.ts', 'nothing.ts', 'src/nowhere/']);
  });
});

describe('the check of commands', () => {
  it('finds them in pipes, behind sudo and settings, and past comments', async () => {
    expect(
      simpleCommands(
        '# ollama no\nA=1 ollama run m "x | ollama y" | head -1 # z\nsudo -u ollama -H ollama list > f\n',
      ),
    ).toEqual([
      ['ollama', 'run', 'm', 'x | ollama y'],
      ['head', '-1'],
      ['ollama', 'list'],
    ]);
  });

  it('finds wrong names of commands, flags and scripts', async () => {
    expect(await problemsOf('ollama frob x; ollama run --nope m; npm run nothing')).toEqual([
      'no command frob',
      'run has no flag --nope',
      'no script nothing',
    ]);
    const all = commandTable.map(({ name }) => `ollama ${name} --help`).join('\n');
    expect(await problemsOf(`${all}\nollama show -v m -- --x\nollama --version`)).toEqual([]);
  });
});
