import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { hasTmux, Terminal } from '../support/terminal.ts';

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));
/** An empty line at the prompt, at the bottom of the screen. */
const ready = />>> Send a message \(\/\? for help\)$/;
const longStory = 'Tell me a very long story about a fox, in twenty chapters.';

let server: TestServer;
let folder: string;
let home: string;

async function createModel(name: string, tokens: number): Promise<void> {
  const modelfile = join(folder, `Modelfile-${name}`);
  const lines = [
    `FROM ${inject('smolModelPath')}`,
    'PARAMETER temperature 0',
    'PARAMETER num_ctx 4096',
    `PARAMETER num_predict ${tokens}`,
    // Threads that wait for each other are very slow on a machine that is busy with other tests.
    'PARAMETER num_thread 1',
  ];
  await writeFile(modelfile, `${lines.join('\n')}\n`);
  const { status, stderr } = await runOllama(['create', name, '-f', modelfile], server);
  expect(stderr).toMatch(/success\n$/);
  expect(status).toBe(0);
}

describe.skipIf(!(await hasTmux()))('the prompt in a real terminal', () => {
  beforeAll(async () => {
    server = await startTestServer();
    folder = await mkdtemp(join(tmpdir(), 'ollama-repl-'));
    await createModel('smol', 1500);
    await createModel('brief', 60);
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

  async function start(args: readonly string[], env: Record<string, string> = {}): Promise<Terminal> {
    const command = [process.execPath, program, 'run', ...args];
    const terminal = await Terminal.start(command, { OLLAMA_HOST: server.host, HOME: home, ...env });
    runningTerminals.push(terminal);
    return terminal;
  }

  async function startPrompt(model = 'smol', env?: Record<string, string>): Promise<Terminal> {
    const terminal = await start([model], env);
    await terminal.waitFor(ready);
    return terminal;
  }

  it('streams an answer, wrapped between words, and prompts again', async () => {
    const terminal = await startPrompt('brief');
    await terminal.submit(longStory);
    const early = await terminal.waitFor(/chapters\.\n\w+/);
    expect(early).not.toMatch(ready);
    const whole = await terminal.waitFor(ready);
    const answer = whole
      .slice(whole.indexOf('chapters.') + 'chapters.'.length, whole.lastIndexOf('>>>'))
      .trim();
    expect(answer).toMatch(/fox/i);
    const lines = answer.split('\n');
    expect(lines.length).toBeGreaterThan(3);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(75);
    // The same answer without wrapping shows that nothing was lost or repeated where lines were broken.
    const { stdout } = await runOllama(['run', 'brief', longStory], server);
    expect(stdout.trim().split(/\s+/)).toEqual(answer.split(/\s+/));
  });

  it('stops an answer with Ctrl-C, and continues', async () => {
    const terminal = await startPrompt();
    await terminal.submit(longStory);
    await terminal.waitFor(/chapters\.\n\S+ \S+/);
    await terminal.press('C-c');
    const stopped = await terminal.waitFor(ready);
    expect(stopped).not.toMatch(/error/i);
    await terminal.submit('/set parameter num_predict 3');
    await terminal.waitFor(/'3'\n>>>/);
    await terminal.submit('Hello');
    await terminal.waitFor(/>>> Hello\n\S+[\s\S]*>>> Send/);
    await terminal.submit('/bye');
    await terminal.waitFor(/\[exit code 0\]$/);
  });

  it('clears the line with Ctrl-C, explains how to exit, and exits with Ctrl-D', async () => {
    const terminal = await startPrompt();
    await terminal.type('half a thought');
    await terminal.waitFor(/thought$/);
    await terminal.press('C-c');
    const cleared = await terminal.waitFor(ready);
    expect(cleared).not.toContain('half');
    await terminal.press('C-c');
    await terminal.waitFor(/Use Ctrl \+ d or \/bye to exit\.\n>>> Send/);
    await terminal.press('C-d');
    await terminal.waitFor(/\[exit code 0\]$/);
  });

  it('changes settings and shows them', async () => {
    const terminal = await startPrompt();
    await terminal.submit('/set system You are a fox.');
    await terminal.waitFor(/Set system message\.\n>>>/);
    await terminal.submit('/show system');
    await terminal.waitFor(/\/show system\nYou are a fox\.\n\n>>>/);
    await terminal.submit('/set parameter seed 7');
    await terminal.submit('/show parameters');
    await terminal.waitFor(/num_ctx +4096\n[\s\S]*User defined parameters:\n {2}seed +7\n/);
    await terminal.submit('/show info');
    await terminal.waitFor(/parameters +134\.5\dM[\s\S]*>>> Send/);
    await terminal.submit('/nonsense');
    await terminal.waitFor(/Unknown command '\/nonsense'\. Type \/\? for help\n>>>/);
  });

  it('sends several lines between triple quotes, or pasted, as one message', async () => {
    const terminal = await startPrompt();
    await terminal.submit('/set parameter num_predict 4');
    await terminal.submit('/set verbose');
    await terminal.waitFor(/'verbose' mode\.\n>>>/);
    await terminal.submit('"""Say');
    await terminal.waitFor(/"""Say\n\.\.\.$/);
    await terminal.submit('hi"""');
    await terminal.waitFor(/\.\.\. hi"""\n[\s\S]*eval count: +4 token[\s\S]*>>> Send/);
    await terminal.paste('one\ntwo');
    await terminal.waitFor(/>>> one\n\.\.\. two$/);
    await terminal.press('Enter');
    const screen = await terminal.waitFor(/two\n[\s\S]*eval count: +4 token[\s\S]*>>> Send/);
    expect(screen.match(/total duration/g)).toHaveLength(2);
  });

  it('saves the session as a model and loads another', async () => {
    const terminal = await startPrompt();
    await terminal.submit('/set system You are a fox.');
    await terminal.submit('/save fox');
    await terminal.waitFor(/Created new model 'fox'\n>>>/);
    await terminal.submit('/load nothing');
    await terminal.waitFor(/Couldn't find model 'nothing'\n>>>/);
    await terminal.submit('/load fox');
    await terminal.waitFor(/Loading model 'fox'\n>>>/);
    await terminal.submit('/show modelfile');
    await terminal.waitFor(/SYSTEM "*You are a fox\./);
    await terminal.submit('/list');
    await terminal.waitFor(/NAME +ID +SIZE +MODIFIED\s+fox:latest[\s\S]*smol:latest/);
  });

  it('remembers lines after a restart, in a file that only the user can read', async () => {
    const first = await startPrompt();
    await first.submit('/set quiet');
    await first.waitFor(/'quiet' mode\.\n>>>/);
    await first.submit('/set nohistory');
    await first.submit('/set verbose');
    await first.waitFor(/'verbose' mode\.\n>>>/);
    await first.submit('/bye');
    await first.waitFor(/\[exit code 0\]$/);
    const path = join(home, '.ollama', 'history');
    expect(await readFile(path, 'utf8')).toBe('/set quiet\n/set nohistory\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const second = await startPrompt();
    await second.press('Up');
    await second.waitFor(/>>> \/set nohistory$/);
    await second.press('Up');
    await second.waitFor(/>>> \/set quiet$/);
  });

  it('remembers nothing with history turned off', async () => {
    const terminal = await startPrompt('smol', { OLLAMA_NOHISTORY: '1' });
    await terminal.submit('/set quiet');
    await terminal.waitFor(/'quiet' mode\.\n>>>/);
    await terminal.submit('/bye');
    await terminal.waitFor(/\[exit code 0\]$/);
    await expect(stat(join(home, '.ollama'))).rejects.toThrow('ENOENT');
  });

  it('ends a run with a prompt on Ctrl-C, without an error', async () => {
    const terminal = await start(['smol', longStory]);
    await terminal.waitFor(/\S+ \S+ \S+/);
    await terminal.press('C-c');
    const screen = await terminal.waitFor(/\[exit code 0\]$/);
    expect(screen).not.toMatch(/error/i);
  });
});
