import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { hasTmux, Terminal } from '../support/terminal.ts';

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));
const ready = />>> Send a message \(\/\? for help\)$/;

let server: TestServer;
let folder: string;
let home: string;

describe.skipIf(!(await hasTmux()))('the line editor in a real terminal', () => {
  beforeAll(async () => {
    server = await startTestServer();
    folder = await mkdtemp(join(tmpdir(), 'ollama-editor-'));
    const modelfile = join(folder, 'Modelfile');
    const parameters = 'PARAMETER num_ctx 2048\nPARAMETER num_predict 400\nPARAMETER num_thread 1\n';
    await writeFile(modelfile, `FROM ${inject('smolModelPath')}\n${parameters}`);
    expect((await runOllama(['create', 'smol', '-f', modelfile], server)).status).toBe(0);
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    home = await mkdtemp(join(folder, 'home-'));
  });

  const runningTerminals: Terminal[] = [];

  afterEach(async () => {
    for (const terminal of runningTerminals.splice(0)) await terminal[Symbol.asyncDispose]();
  });

  const prompt = [process.execPath, program, 'run', 'smol'];

  async function start(
    command: readonly string[],
    env: Record<string, string> = {},
    size?: { columns: number; rows: number },
  ): Promise<Terminal> {
    const all = { OLLAMA_HOST: server.host, HOME: home, TMPDIR: folder, ...env };
    const terminal = await Terminal.start(command, all, size);
    runningTerminals.push(terminal);
    return terminal;
  }

  async function startPrompt(env?: Record<string, string>): Promise<Terminal> {
    const terminal = await start(prompt, env);
    await terminal.waitFor(ready);
    return terminal;
  }

  it('supports the editing keys of readline', async () => {
    const terminal = await startPrompt();
    await terminal.type('/nonsense one two');
    for (const key of ['C-w', 'C-w', 'M-b', 'C-k', 'C-y']) await terminal.press(key);
    await terminal.waitFor(/>>> \/nonsense$/);
    await terminal.press('C-a');
    await terminal.type('x');
    await terminal.waitFor(/>>> x\/nonsense$/);
    expect(await terminal.cursor()).toMatchObject({ column: 5 });
    for (const key of ['BSpace', 'End', 'BSpace', 'C-t', 'C-_', 'Left', 'DC']) await terminal.press(key);
    await terminal.waitFor(/>>> \/nonsens$/);
    await terminal.type('e');
    await terminal.press('Enter');
    await terminal.waitFor(/>>> Send/);
    await terminal.type('here');
    await terminal.press('C-l');
    await terminal.waitFor(/^>>> here$/);
    for (const key of ['C-u', 'Up', 'Enter']) await terminal.press(key);
    await terminal.waitFor(/Unknown command '\/nonsense'\. Type \/\? for help\n>>> Send/);
  });

  it('searches the history', async () => {
    const terminal = await startPrompt();
    for (const line of ['/set quiet', '/set wordwrap', '/show system']) await terminal.submit(line);
    await terminal.waitFor(/\/show system\n[\s\S]*>>> Send/);
    await terminal.press('C-r');
    await terminal.type('set');
    await terminal.waitFor(/\(reverse-i-search\)'set': \/set wordwrap$/);
    await terminal.press('C-r');
    await terminal.waitFor(/'set': \/set quiet$/);
    await terminal.press('C-s');
    await terminal.waitFor(/\(i-search\)'set': \/set wordwrap$/);
    await terminal.type('x');
    await terminal.waitFor(/\(failed i-search\)'setx': /);
    await terminal.press('C-g');
    await terminal.waitFor(ready);
    await terminal.press('C-r');
    await terminal.type('quiet');
    await terminal.press('Enter');
    await terminal.waitFor(/>>> \/set quiet\nSet 'quiet' mode\.\n>>> Send/);
  });

  it('positions the cursor correctly among wide and combining characters', async () => {
    const terminal = await startPrompt();
    await terminal.type('a漢字e\u0301b');
    await terminal.waitFor(/>>> a漢字e\u0301b$/);
    expect(await terminal.cursor()).toMatchObject({ column: 4 + 7 });
    const columns = [];
    for (let key = 0; key < 5; key++) {
      await terminal.press('Left');
      await terminal.waitFor(/b$/);
      await expect.poll(() => terminal.cursor().then(({ column }) => column)).not.toBe(columns.at(-1) ?? 11);
      columns.push((await terminal.cursor()).column);
    }
    expect(columns).toEqual([10, 9, 7, 5, 4]);
    await terminal.press('Right');
    await terminal.press('C-d');
    await terminal.waitFor(/>>> a字e\u0301b$/);
  });

  it('accepts several pasted lines as one text, and joins lines with backspace', async () => {
    const terminal = await startPrompt();
    await terminal.paste('one\ntwo\tthree\n');
    await terminal.waitFor(/>>> one\n\.\.\. two three\n\.\.\. Press Enter to send$/);
    await terminal.press('BSpace');
    await terminal.waitFor(/>>> one\n\.\.\. two three$/);
    await terminal.press('C-j');
    await terminal.type('four');
    await terminal.press('Up');
    await terminal.type('!');
    await terminal.waitFor(/\.\.\. two !three\n\.\.\. four$/);
    await terminal.press('C-c');
    await terminal.waitFor(ready);
  });

  it('accepts 100,000 pasted lines, and still answers', async () => {
    const terminal = await startPrompt();
    const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index} 漢字 of a long text`);
    await terminal.paste(lines.join('\n'));
    const screen = await terminal.waitFor(/\.\.\. line 99999 漢字 of a long text$/);
    expect(screen).toContain('line 99970 ');
    await terminal.press('Up');
    await terminal.type(' and more');
    await terminal.waitFor(/line 99998 .* and more\n.*99999/);
    await terminal.press('C-c');
    expect(await terminal.waitFor(ready)).not.toContain('line 999');
    await terminal.submit('/nonsense');
    await terminal.waitFor(/Unknown command/);
  }, 60_000);

  it('redraws cleanly when the window size changes', async () => {
    const terminal = await startPrompt();
    // Starts below other text, because some terminals scroll the first rows away when lines need more rows.
    await terminal.submit('/?');
    const help = (await terminal.waitFor(/\/bye[\s\S]*>>> Send/)).replace(/>>> Send.*$/, '');
    let text = Array.from({ length: 30 }, (_, index) => `word${index}`).join(' ');
    await terminal.type(text);
    await terminal.waitFor(/word29$/);
    const shown = async () => (await terminal.screen()).replace(/^[\s\S]*\n(?=>>> w)/, '');
    for (const columns of [60, 23, 120, 79, 240]) {
      await terminal.resize({ columns, rows: 40 });
      await expect.poll(shown).toBe(broken(text, columns));
      // Typing makes the editor draw the lines, which the terminal has already rewrapped.
      await terminal.type('x');
      text += 'x';
      await expect.poll(shown).toBe(broken(text, columns));
    }
    expect(await terminal.screen()).toBe(`${help}>>> ${text}`);
    await terminal.press('C-u');
    await expect.poll(() => terminal.screen()).toBe(`${help}>>> Send a message (/? for help)`);
  });

  it('is usable in 20 columns, and in few rows', async () => {
    const terminal = await start(prompt, {}, { columns: 20, rows: 5 });
    await terminal.waitFor(/>>>$/);
    await terminal.type('/nonsense of more than a line');
    await terminal.waitFor(/>>> \/nonsense of mor\ne than a line$/);
    await terminal.press('C-a');
    await terminal.press('C-f');
    await terminal.type('x');
    await terminal.waitFor(/>>> \/xnonsense of mo\nre than a line$/);
    await terminal.paste(Array.from({ length: 9 }, (_, index) => `${index}\n`).join(''));
    await terminal.waitFor(/^\.\.\. \d\n(\.\.\. \d\n)+\.\.\. nonsense/);
    for (const columns of [10, 2, 1]) await terminal.resize({ columns, rows: 5 });
    await terminal.resize({ columns: 40, rows: 20 });
    await terminal.press('C-c');
    await terminal.waitFor(/Send a message \(\/\? for help\)$/);
  });

  it('opens the text in an external editor', async () => {
    const editor = join(folder, 'my editor');
    await writeFile(
      editor,
      '#!/bin/sh\nls -l "$2" >"$2.seen"\nprintf "%s\\n%s\\n" "$1" "$(cat "$2")" >"$2"\n',
    );
    await chmod(editor, 0o755);
    const terminal = await startPrompt({ VISUAL: 'nothing', OLLAMA_EDITOR: `"${editor}" first` });
    await terminal.type('second');
    await terminal.press('C-g');
    await terminal.waitFor(/>>> first\n\.\.\. second$/);
    const files = (await readdir(folder)).filter((name) => name.startsWith('ollama-prompt-'));
    expect(files).toEqual([expect.stringMatching(/^ollama-prompt-.*\.txt\.seen$/)]);
    expect(await readFile(join(folder, files[0] ?? ''), 'utf8')).toMatch(/^-rw------- /);
  });

  it('keeps the text if the external editor is missing', async () => {
    const terminal = await startPrompt({ OLLAMA_EDITOR: 'no-such-editor' });
    await terminal.type('my text');
    await terminal.press('C-g');
    await terminal.waitFor(/cannot edit in "no-such-editor[\s\S]*no such program[\s\S]*\n>>> my text$/);
  });

  it('stops with Ctrl-Z, and continues with fg', async () => {
    const terminal = await start(['bash', '--norc', '-i'], { PS1: '$ ' });
    await terminal.submit(prompt.map((word) => `'${word}'`).join(' '));
    await terminal.waitFor(ready);
    await terminal.type('half');
    await terminal.press('C-z');
    await terminal.waitFor(/Stopped[\s\S]*\$$/);
    await terminal.submit('stty -a | grep -o " icanon"; fg');
    await terminal.waitFor(/icanon[\s\S]*\n>>> half$/);
    await terminal.type(' done');
    await terminal.waitFor(/\n>>> half done$/);
    await terminal.press('C-c');
    await terminal.press('C-d');
    await terminal.waitFor(/>>>\n\$$/);
  });

  it('stops in the middle of an answer, and continues', async () => {
    const terminal = await start(['bash', '--norc', '-i'], { PS1: '$ ' });
    await terminal.submit(prompt.map((word) => `'${word}'`).join(' '));
    await terminal.waitFor(ready);
    await terminal.submit('Tell me a very long story about a fox, in twenty chapters.');
    await terminal.waitFor(/chapters\.\n\S+ \S+/);
    await terminal.press('C-z');
    await terminal.waitFor(/Stopped[\s\S]*\$$/);
    await terminal.submit('fg');
    // The shell prints the command first. The program has the terminal again only when the answer continues.
    const [named = ''] = /\$ fg\n[\s\S]*/.exec(await terminal.waitFor(/\$ fg\n[\s\S]*run/)) ?? [];
    await terminal.waitFor(new RegExp(`\\$ fg\\n[\\s\\S]{${named.length + 20}}`));
    await terminal.type('then');
    await terminal.press('C-c');
    await terminal.waitFor(/fg\n[\s\S]*\n>>> then$/);
  });

  it('ignores Ctrl-Z if no shell could continue it', async () => {
    const terminal = await startPrompt();
    await terminal.type('half');
    await terminal.press('C-z');
    await terminal.waitFor(/>>> half\n>>> half$/);
    await terminal.type(' done');
    await terminal.waitFor(/\n>>> half done$/);
  });

  it('restores the terminal when a signal kills it', async () => {
    const terminal = await start(['bash', '--norc', '-i'], { PS1: '$ ' });
    for (const signal of ['TERM', 'HUP']) {
      await terminal.submit(`sh -c 'echo $$ >"$HOME/id"; exec "$@"' - ${prompt.join(' ')}`);
      await terminal.waitFor(ready);
      process.kill(Number(await readFile(join(home, 'id'), 'utf8')), `SIG${signal}`);
      await terminal.waitFor(/\$$/);
      await terminal.submit(`stty -a | grep -o " icanon" && echo ${signal} is over`);
      await terminal.waitFor(new RegExp(`icanon\\n${signal} is over`));
    }
  });

  it('keeps text typed during an answer for the next line', async () => {
    const terminal = await startPrompt();
    await terminal.submit('Tell me a very long story about a fox, in twenty chapters.');
    const story = await terminal.waitFor(/chapters\.\n\S+ \S+/);
    expect(story).not.toMatch(/next thought/);
    await terminal.type('my next thought');
    await terminal.press('C-c');
    const screen = await terminal.waitFor(/\n>>> my next thought$/);
    expect(screen.match(/my next thought/g)).toHaveLength(1);
  });
});

/** The line as a prompt of that width shows it. */
function broken(text: string, columns: number): string {
  const rows = `>>> ${text}`.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
  return rows.map((row) => row.trimEnd()).join('\n');
}
