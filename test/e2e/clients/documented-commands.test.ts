/**
 * Runs the commands of the pages. The `sh` blocks of a page run one after another in one shell. "not-run: reason" after the
 * language leaves a block out, and "serves" marks one that runs until it is stopped. `python` and `js` blocks run where
 * their packages are available. Inline code that begins with "$ " is a command, too.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPython, INSTALL_TIMEOUT_MS, pythonWithClients } from '../../fakes/python-environment.ts';
import type { CodeBlock } from '../../markdown.ts';
import { type Page, readPages } from '../../pages.ts';
import { CommandSandbox } from '../support/command-sandbox.ts';

const TIMEOUT_MS = 120_000;
const pages = readPages();
const notRun = /^not-run: (\S.*)$/;
const languages = ['sh', 'python', 'js'];

const canRunPython = await hasPython();

let sandbox: CommandSandbox;

beforeAll(async () => {
  sandbox = await CommandSandbox.open();
}, TIMEOUT_MS);
afterAll(() => sandbox[Symbol.asyncDispose]());

/** The whole script of one shell. A line before each part prints where it comes from. */
function shellScript({ path, blocks, spans }: Page): string {
  const inline = spans.filter(({ text }) => text.startsWith('$ '));
  const parts = [
    ...blocks.filter(({ language, info }) => language === 'sh' && info === ''),
    ...inline.map(({ text, line }) => ({ text: text.slice(2), line })),
  ];
  const marked = parts
    .sort((left, right) => left.line - right.line)
    .map(({ text, line }) => `printf '== ${path}:${line}\\n' >&2\n{\n${text}\n} </dev/null`);
  return marked.length === 0 ? '' : `set -e -o pipefail\n${marked.join('\n')}\n`;
}

const blocksOf = (page: Page, language: string, info = ''): CodeBlock[] =>
  page.blocks.filter((block) => block.language === language && block.info === info);

it('a failing command is detected at any position', async () => {
  const folder = await sandbox.enter('nowhere');
  const statusOf = async (text: string) => {
    const block = { language: 'sh', info: '', text, line: 1 };
    const page = { path: 'nowhere', blocks: [block], spans: [], links: [], anchors: new Set<string>() };
    return (await sandbox.run('bash', [], { folder, text: shellScript(page) })).status;
  };
  expect(await statusOf('ollama list\ncat notes.txt')).toBe(0);
  expect(await statusOf('ollama frob\nollama list')).toBe(1);
  expect(await statusOf('ollama show none | cat\nollama list')).toBe(1);
  expect(await statusOf('curl http://127.0.0.1:11434/api/nothing\nollama list')).toBe(22);
  expect(await sandbox.serves('OLLAMA_HOST=256.0.0.1:11434 ollama serve', folder)).not.toContain(
    'Listening on',
  );
});

describe('marked blocks', () => {
  const marked = pages.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ language, info }) => languages.includes(language) && info !== '')
      .map(({ info, line, language }) => ({ place: `${path}:${line}`, info, language })),
  );
  for (const { place, info } of marked) {
    const reason = notRun.exec(info)?.[1];
    if (reason !== undefined) process.stderr.write(`NOT RUN ${place}: ${reason}\n`);
  }

  it('give the reason why they do not run, or say that they serve', () => {
    expect(marked.filter(({ info }) => info !== 'serves' && !notRun.test(info))).toEqual([]);
  });
});

describe.each(pages.filter((page) => page.blocks.some(({ language }) => languages.includes(language))))(
  '$path',
  (page) => {
    it('has commands that work', { timeout: INSTALL_TIMEOUT_MS + TIMEOUT_MS }, async () => {
      const folder = await sandbox.enter(page.path);
      const script = shellScript(page);
      if (script !== '') {
        const outcome = await sandbox.run('bash', [], { folder, text: script });
        expect(outcome.status, `${outcome.stdout.slice(-1500)}\n${outcome.stderr.slice(-1500)}`).toBe(0);
        expect(outcome.stdout).not.toMatch(/^\{"error":/m);
      }
      for (const { text, line } of blocksOf(page, 'sh', 'serves')) {
        expect(await sandbox.serves(text, folder), `${page.path}:${line}`).toContain('Listening on');
      }
      for (const { text, line } of blocksOf(page, 'python')) {
        if (!canRunPython) {
          process.stderr.write(`NOT RUN ${page.path}:${line}: there is no python3 with venv\n`);
          continue;
        }
        const python = await pythonWithClients();
        const outcome = await sandbox.run(python, ['-'], { folder, text });
        expect(outcome, `${page.path}:${line}`).toMatchObject({ status: 0 });
      }
      for (const { text, line } of blocksOf(page, 'js')) {
        const outcome = await sandbox.run(process.execPath, [await sandbox.moduleFile(text)], {
          folder,
          text: '',
        });
        expect(outcome, `${page.path}:${line}`).toMatchObject({ status: 0 });
      }
    });
  },
);
