/** The wording and exit codes of the simple commands, as scripts expect them from Ollama. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, randomModelBytes } from '../support/server-requests.ts';
import { hasTmux, Terminal } from '../support/terminal.ts';

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));

let server: TestServer;
let folder: string;

beforeAll(async () => {
  server = await startTestServer();
  await createModel(server, 'tiny', await randomModelBytes());
  folder = await mkdtemp(join(tmpdir(), 'ollama-words-'));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const words = (line: string) => line.split(' ').map((word) => (word === "''" ? '' : word));

describe('a command that cannot run', () => {
  it.each([
    ['show', 'accepts 1 arg(s), received 0'],
    ['show a b', 'accepts 1 arg(s), received 2'],
    ["show ''", 'model is required'],
    ['show ../x', 'invalid model name'],
    ['show nope', "model 'nope:latest' not found"],
    ['show tiny --bogus', 'unknown flag: --bogus'],
    ['show tiny -x', "unknown shorthand flag: 'x' in -x"],
    [
      'show tiny --license=maybe',
      'invalid argument "maybe" for "--license" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      'show tiny --system --license',
      "only one of '--license', '--modelfile', '--parameters', '--system', or '--template' can be specified",
    ],
    ['cp tiny', 'accepts 2 arg(s), received 1'],
    ['cp nope x', 'model "nope" not found'],
    ['cp tiny ../x', 'destination "../x" is invalid'],
    ['cp ../x tiny', 'source "../x" is invalid'],
    ['stop', 'accepts 1 arg(s), received 0'],
    ['stop nope', 'couldn\'t find model "nope" to stop'],
    ['stop ../x', 'invalid model name'],
    ['rm', 'requires at least 1 arg(s), only received 0'],
    ['rm nope', "model 'nope' not found"],
    ['pull', 'accepts 1 arg(s), received 0'],
    ['pull ../x', '400 Bad Request: invalid model name'],
    ["pull ''", '400 Bad Request: invalid model name'],
    ['push', 'accepts 1 arg(s), received 0'],
    ['create', 'accepts 1 arg(s), received 0'],
    ['create x --quantize', 'flag needs an argument: --quantize'],
    ['run', 'requires at least 1 arg(s), only received 0'],
    ['serve x', 'accepts 0 arg(s), received 1'],
    ['foo', 'unknown command "foo" for "ollama"'],
    ['--bogus', 'unknown flag: --bogus'],
    ['--bogus list', 'unknown flag: --bogus'],
    ['-v list', "unknown shorthand flag: 'v' in -v"],
    ['--verbose list', 'unknown flag: --verbose'],
  ])('%s', async (line, message) => {
    const result = await runOllama(words(line), { host: server.host });
    expect(result).toEqual({ status: 1, stdout: '', stderr: `Error: ${message}\n` });
  });

  it.each(['rm ../x', "rm ''"])('%s warns first', async (line) => {
    const { status, stderr } = await runOllama(words(line), { host: server.host });
    expect(stderr).toMatch(
      /^Warning: unable to stop model '.*'\nError: (name "..\/x" is invalid|model is required)\n$/,
    );
    expect(status).toBe(1);
  });

  it.each(['list', 'ps', 'show x', 'pull x', 'push x', 'rm x', 'stop x', 'cp a b', 'create x'])(
    '%s without a server',
    async (line) => {
      expect(await runOllama(words(line), { host: '127.0.0.1:1' })).toEqual({
        status: 1,
        stdout: '',
        stderr: "Error: could not connect to ollama server, run 'ollama serve' to start it\n",
      });
    },
  );

  it('names the setting whose address is invalid or incomplete', async () => {
    expect((await runOllama(['list'], { host: 'no host' })).stderr).toMatch(
      /^Error: OLLAMA_HOST: .* is not a server address/,
    );
    expect((await runOllama(['list'], { host: '127.0.0.1:99999' })).stderr).toMatch(
      /^Warning: OLLAMA_HOST: "99999" is not a port/,
    );
  });
});

describe('a successful command', () => {
  it('reports success in the words of Ollama', async () => {
    const run = (line: string) => runOllama(words(line), { host: server.host });
    const said = (stdout: string) => ({ status: 0, stdout, stderr: '' });
    expect(await run('cp tiny copy')).toEqual(said("copied 'tiny' to 'copy'\n"));
    expect(await run('cp tiny other')).toEqual(said("copied 'tiny' to 'other'\n"));
    expect(await run('stop tiny')).toEqual(said(''));
    expect(await run('rm copy nope other')).toEqual({
      status: 1,
      stdout: "deleted 'copy'\n",
      stderr: "Error: model 'nope' not found\n",
    });
    expect(await run('rm other')).toEqual(said("deleted 'other'\n"));
    expect(await run('show tiny --license')).toEqual(said('\n'));
    expect(await run('show tiny --system')).toEqual(said(''));
    expect(await run('ps nothing')).toEqual(said('NAME    ID    SIZE    PROCESSOR    CONTEXT    UNTIL \n'));
  });
});

describe('help', () => {
  const help = (line: string) => runOllama(words(line), { host: '127.0.0.1:1' });

  it('is the same for a command in every form of asking for it', async () => {
    const shown = await help('list --help');
    expect(shown.stdout).toMatch(
      /^List models\n\nUsage:\n {2}ollama list \[PREFIX\] \[flags\]\n\nAliases:\n {2}list, ls\n\nFlags:\n/,
    );
    expect(shown.stdout).toMatch(/\nEnvironment Variables:\n {6}OLLAMA_HOST +\S/);
    for (const line of ['help list', 'help list more', 'help ls', 'list -h'])
      expect(await help(line)).toEqual(shown);
  });

  it('is shown by ollama without arguments, and by its help flags', async () => {
    const all = await help('--help');
    expect(all.stdout).toMatch(/\n {2}-v, --version +\S/);
    expect(await runOllama([], { host: '127.0.0.1:1' })).toEqual(all);
    for (const line of ['-h', 'help', '--verbose', '--nowordwrap', '--help list'])
      expect(await help(line)).toEqual(all);
  });

  it('for an unknown topic shows the usage on standard error', async () => {
    const { status, stdout, stderr } = await help('help foo');
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/^Unknown help topic \[`foo`\]\nUsage:\n {2}ollama \[flags\]\n/);
    expect((await help('help help')).stdout).toContain('ollama help [command] [flags]');
  });

  it.each([
    ['run', ['OLLAMA_EDITOR', 'OLLAMA_HOST', 'OLLAMA_NOHISTORY']],
    ['serve', ['OLLAMA_DEBUG', 'OLLAMA_HOST', 'OLLAMA_KEEP_ALIVE', 'OLLAMA_MODELS', 'OLLAMA_ORIGINS']],
    ['create', ['OLLAMA_HOST']],
  ])('of %s names its settings', async (name, settings) => {
    const { stdout } = await help(`${name} --help`);
    for (const setting of settings) expect(stdout).toMatch(new RegExp(`^ {6}${setting} `, 'm'));
  });

  it.each([
    ['signin', 'ollama login'],
    ['signout', 'ollama logout'],
  ])('for %s, which does not exist, says what to do instead', async (line, instead) => {
    const { status, stderr } = await help(line);
    expect(status).toBe(1);
    expect(stderr).toContain(instead);
  });
});

describe('create', () => {
  async function create(text: string, ...flags: string[]) {
    await writeFile(join(folder, 'Modelfile'), text);
    return runOllama(['create', 'made', '-f', join(folder, 'Modelfile'), ...flags], { host: server.host });
  }

  it('refuses invalid input, and says what to do', async () => {
    expect((await create('FROM tiny', '--draft-quantize', 'q8_0')).stderr).toBe(
      'gathering model components\nError: --draft-quantize requires a DRAFT model\n',
    );
    const ask = (path: string) => runOllama(['create', 'made', '-f', path], { host: server.host });
    expect((await ask(join(folder, 'none'))).stderr).toMatch(
      /^Error: .* does not exist: create it, or name another Modelfile with -f\n$/,
    );
    expect((await ask(folder)).stderr).toBe(
      `Error: ${folder} is a folder: name the Modelfile in it with -f\n`,
    );
  });

  it('reports for each file that it is hashed, then copied, even if the server already had it', async () => {
    await mkdir(join(folder, 'weights'), { recursive: true });
    await writeFile(join(folder, 'weights/tiny.gguf'), await randomModelBytes());
    for (let run = 0; run < 2; run++) {
      const { status, stderr } = await create('FROM ./weights/tiny.gguf');
      expect(stderr).toMatch(
        /^gathering model components\nhashing tiny\.gguf: 100% .*\ncopying file sha256:[0-9a-f]{12}: 100% .*\nparsing GGUF\n/,
      );
      expect(stderr).toMatch(/\nwriting manifest\nsuccess\n$/);
      expect(status).toBe(0);
    }
  });

  it('passes the type to the server, which ignores its letter case', async () => {
    const { status, stderr } = await create('FROM ./weights/tiny.gguf', '-q', 'nope');
    expect(stderr).toMatch(/\nError: 400 Bad Request: unsupported quantization type NOPE/);
    expect(status).toBe(1);
  });
});

/** Runs a shell command line. @returns its exit code and standard error */
function shell(line: string): Promise<{ status: number | null; stderr: string }> {
  const env = { ...process.env, OLLAMA_HOST: server.host, NODE: process.execPath, PROGRAM: program };
  const child = spawn('bash', ['-c', line], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, stderr })));
}

it.each([
  ['a reader that reads nothing', '"$NODE" "$PROGRAM" list | true; exit $PIPESTATUS', 0],
  ['a reader that closes early', '"$NODE" "$PROGRAM" show tiny --verbose | head -1; exit $PIPESTATUS', 0],
  ['a closed standard output', '"$NODE" "$PROGRAM" list >&-', 0],
  ['a closed standard error', '"$NODE" "$PROGRAM" show nope 2>&-', 1],
])('ends silently with %s', async (_, line, expected) => {
  const { status, stderr } = await shell(line);
  expect({ status, stderr }).toEqual({ status: expected, stderr: '' });
});

it.skipIf(!(await hasTmux()))('is usable on a terminal with 20 columns', async () => {
  const env = { OLLAMA_HOST: server.host };
  const size = { columns: 20, rows: 60 };
  await using list = await Terminal.start([process.execPath, program, 'list'], env, size);
  const screen = await list.waitFor(/\[exit code 0\]/);
  expect(screen).toMatch(/^NAME {5}\S+:latest\nID {7}[0-9a-f]{11}\n/);
  await using help = await Terminal.start([process.execPath, program, 'cp', '--help'], env, size);
  expect(await help.waitFor(/\[exit code 0\]/)).toMatch(/ {2}-h, --help\n {4}Show this help\n/);
  await using show = await Terminal.start([process.execPath, program, 'show', 'tiny'], env, size);
  expect(await show.waitFor(/\[exit code 0\]/)).toMatch(/architecture\n {2}llama\nparameters\n {2}\S/);
});
