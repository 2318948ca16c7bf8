/** Checks links, commands and settings in the pages against the program. End-to-end tests run the commands. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandTable, findCommand } from '../src/cli/command-table.ts';
import { settings } from '../src/config/settings.ts';
import { readMarkdown } from './markdown.ts';
import { readPages } from './pages.ts';
import { simpleCommands } from './shell-commands.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = readPages();
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => readFileSync(`${root}src/${path}`, 'utf8'))
  .join('\n');

const variablePattern = /\bOLLAMA_[A-Z_]*[A-Z]\b/g;
/** Variables that scripts read in addition to the settings, such as those of the installer. */
const scriptVariables = readdirSync(`${root}scripts`)
  .filter((name) => /\.(sh|mjs)$/.test(name))
  .flatMap((name) => readFileSync(`${root}scripts/${name}`, 'utf8').match(variablePattern) ?? []);

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
  it.each(pages)('$path links to existing files and headings', ({ path, links }) => {
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

  it.each(pages)('$path names existing settings', ({ path }) => {
    const names = readFileSync(root + path, 'utf8').match(variablePattern) ?? [];
    const known = new Set([...Object.values(settings).map(({ name }) => name), ...scriptVariables]);
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
