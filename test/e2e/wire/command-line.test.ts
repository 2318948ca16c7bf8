import { spawn } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));

let server: TestServer;
let folder: string;

const ollama = (args: string[], input = '') => runOllama(args, { host: server.host, input });

async function succeed(args: string[], input = ''): Promise<string> {
  const { status, stdout, stderr } = await ollama(args, input);
  expect({ args, status, stderr: status === 0 ? '' : stderr }).toEqual({ args, status: 0, stderr: '' });
  return stdout;
}

async function fail(args: string[]): Promise<string> {
  const { status, stderr } = await ollama(args);
  expect(status).toBe(1);
  return stderr;
}

beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'ollama-cli-'));
  await symlink(inject('smolModelPath'), join(folder, 'model.gguf'));
  await writeFile(
    join(folder, 'Modelfile'),
    'FROM ./model.gguf\nPARAMETER temperature 0\nPARAMETER num_predict 12\nSYSTEM You are brief.\nLICENSE Apache-2.0\n',
  );
  await succeed(['create', 'smol', '-f', join(folder, 'Modelfile')]);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('the commands of the quick start', () => {
  it('lists the created models in columns', async () => {
    const [header, row] = (await succeed(['list'])).split('\n');
    expect(header).toMatch(/^NAME +ID +SIZE +MODIFIED +$/);
    expect(row).toMatch(/^smol:latest {4}[0-9a-f]{12} {4}98 MB {4}.* ago +$/);
    expect(await succeed(['ls', 'SMO'])).toContain('smol:latest');
    expect(await succeed(['ls', 'nothing'])).toBe('NAME    ID    SIZE    MODIFIED \n');
  });

  it('runs a prompt, streamed, with piped text as its first part', async () => {
    const answer = await succeed(['run', 'smol', 'Say hello.']);
    expect(answer.trim().length).toBeGreaterThan(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control codes are what must not be there
    expect(answer).not.toMatch(/\u001b/);
    expect(answer.endsWith('\n\n')).toBe(true);
    expect((await succeed(['run', 'smol'], 'Say hello.')).trim()).toBe(answer.trim());
  });

  it('shows the loaded models, and stops one', async () => {
    await succeed(['run', 'smol', '']);
    const [header, row] = (await succeed(['ps'])).split('\n');
    expect(header).toMatch(/^NAME +ID +SIZE +PROCESSOR +CONTEXT +UNTIL +$/);
    expect(row).toMatch(/^smol:latest +[0-9a-f]{12} +\d+ MB +100% CPU +2048 +4 minutes from now +$/);
    expect(await succeed(['stop', 'smol'])).toBe('');
    await expect.poll(() => succeed(['ps'])).toBe('NAME    ID    SIZE    PROCESSOR    CONTEXT    UNTIL \n');
  });

  it('shows a model, as a whole and by section', async () => {
    const text = await succeed(['show', 'smol']);
    expect(text).toMatch(/ {2}Model\n {4}architecture +llama +\n {4}parameters +134\.52M/);
    expect(text).toMatch(/ {2}Parameters\n {4}num_predict +12 +\n/);
    expect(await succeed(['show', 'smol', '--system'])).toBe('You are brief.');
    expect(await succeed(['show', 'smol', '--license'])).toBe('Apache-2.0\n');
    expect(await succeed(['show', 'smol', '--verbose'])).toMatch(/ {2}Tensors\n/);
    expect(await fail(['show', 'smol', '--system', '--license'])).toMatch(/^Error: only one of/);
  });

  it('shows how much memory a model would need, without loading it', async () => {
    const text = await succeed(['show', '--estimate', 'smol', '--ctx', '4096', '--slots', '2']);
    expect(text).toMatch(/ {2}Load\n {4}context +4096 +\n {4}slots +2 +\n/);
    expect(text).toMatch(/ {2}Memory\n {4}weights +96 MB +\n {4}KV cache +188 MB +\n/);
    expect(text).toMatch(/ {2}It fits\.\n( {2}Q4_1 is slow on this processor: .+\n)?$/);
    expect(await succeed(['ps'])).not.toMatch(/^smol:latest/m);
    expect(await fail(['show', '--estimate', 'smol', '--ctx', 'many'])).toMatch(/^Error: --ctx must be/);
    expect(await fail(['show', 'smol', '--slots', '2'])).toMatch(/^Error: --slots .* --estimate/);
  });

  it('creates the same model from `show --modelfile`', async () => {
    const modelfile = await succeed(['show', 'smol', '--modelfile']);
    await succeed(['create', 'again', '-f', '-'], modelfile);
    expect(await succeed(['show', 'again', '--parameters'])).toBe(
      await succeed(['show', 'smol', '--parameters']),
    );
    expect(await succeed(['show', 'again', '--system'])).toBe('You are brief.');
  });

  it('copies and removes', async () => {
    expect(await succeed(['cp', 'smol', 'copy:v1'])).toBe("copied 'smol' to 'copy:v1'\n");
    expect(await succeed(['list'])).toContain('copy:v1');
    expect(await succeed(['rm', 'copy:v1', 'again'])).toBe("deleted 'copy:v1'\ndeleted 'again'\n");
    expect(await succeed(['list'])).not.toContain('copy:v1');
    expect(await succeed(['run', 'smol', 'Still here?'])).not.toBe('');
  });

  it('prints its version', async () => {
    expect(await succeed(['--version'])).toMatch(/^ollama version is \d+\.\d+\.\d+\n$/);
    const alone = await runOllama(['-v'], { host: '127.0.0.1:1' });
    expect(alone.stdout).toMatch(
      /^Warning: could not connect to a running Ollama instance\nWarning: client version is /,
    );
    expect(alone.status).toBe(0);
  });

  it('prints help', async () => {
    expect(await succeed(['--help'])).toMatch(/Available Commands:\n {2}serve +\S/);
    expect(await succeed(['serve', '--help'])).toMatch(
      /Environment Variables:\n(.*\n)* +OLLAMA_KEEP_ALIVE +\S/,
    );
    expect(await succeed(['run', '-h'])).toContain('ollama run MODEL');
    expect(await succeed(['help', 'ps'])).toBe(await succeed(['ps', '--help']));
  });
});

describe('mistakes', () => {
  it('end with one line on standard error and exit code 1', async () => {
    expect(await fail(['show', 'nope'])).toBe("Error: model 'nope:latest' not found\n");
    expect(await fail(['foo'])).toBe('Error: unknown command "foo" for "ollama"\n');
    expect(await fail(['cp', 'one'])).toBe('Error: accepts 2 arg(s), received 1\n');
    expect(await fail(['stop', 'nope'])).toBe('Error: couldn\'t find model "nope" to stop\n');
    expect(await fail(['rm', 'nope'])).toBe("Error: model 'nope' not found\n");
    expect(await fail(['list', '--nope'])).toBe('Error: unknown flag: --nope\n');
    expect(await fail(['create', 'x', '-f', join(folder, 'missing')])).toMatch(
      /^Error: .*missing does not exist: /,
    );
    expect(await fail(['create', '../x', '-f', join(folder, 'Modelfile')])).toBe(
      'Error: invalid model name: ../x\n',
    );
  });

  it('in a Modelfile are reported with the line', async () => {
    const path = join(folder, 'Broken');
    await writeFile(path, 'FROM ./model.gguf\n\nPARAMETERS temperature 1\n');
    expect(await fail(['create', 'x', '-f', path])).toMatch(/^Error: \(line 3\): command must be one of/);
  });

  it('say what to do when no server runs', async () => {
    const { status, stderr } = await runOllama(['list'], { host: '127.0.0.1:1' });
    expect(stderr).toBe("Error: could not connect to ollama server, run 'ollama serve' to start it\n");
    expect(status).toBe(1);
  });

  it('do not store a broken GGUF', async () => {
    const path = join(folder, 'bad.gguf');
    await writeFile(path, 'GGUF\u0003');
    await writeFile(join(folder, 'Bad'), `FROM ${path}\n`);
    expect(await fail(['create', 'bad', '-f', join(folder, 'Bad')])).toMatch(/invalid GGUF file/);
    expect(await succeed(['list'])).not.toContain('bad');
  });
});

describe('serve', () => {
  it('reports that its port is in use, and exits with 1', async () => {
    const { status, stderr } = await ollama(['serve']);
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`Error: listen tcp ${server.host}: bind: address already in use`));
  });

  it('exits cleanly on SIGTERM while a model is loaded', async () => {
    const port = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const address = probe.address();
        probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
      });
    });
    const host = `127.0.0.1:${port}`;
    const env = { ...process.env, OLLAMA_HOST: host, OLLAMA_MODELS: server.modelsFolder };
    const child = spawn(process.execPath, [program, 'serve'], { env, stdio: 'ignore' });
    const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    await expect.poll(async () => (await runOllama(['run', 'smol', ''], { host })).status).toBe(0);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });
});

it('stops answering without an error when a run is interrupted', async () => {
  await succeed(
    ['create', 'endless', '-f', '-'],
    'FROM smol\nPARAMETER num_predict -1\nPARAMETER temperature 1.5\n',
  );
  const env = { ...process.env, OLLAMA_HOST: server.host };
  const child = spawn(process.execPath, [program, 'run', 'endless', 'Count to a million.'], { env });
  const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.end();
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(stderr).not.toMatch(/Error/);
});
