import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDeferred } from '../../../src/base/deferred.ts';
import { ensureMiniLm } from '../../fakes/models/minilm.ts';
import {
  type Answer,
  type AnsweringServer,
  type Body,
  refuse,
  shown,
  startAnsweringServer,
  writeLine,
} from '../../fakes/servers/answering-server.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel } from '../support/server-requests.ts';

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));
const png = Buffer.from('\u0089PNG\r\n\u001a\n rest', 'latin1');

/** Gives the same answer to every prompt. */
const says =
  (...chunks: readonly Body[]): Answer =>
  (_, response) => {
    for (const chunk of chunks) writeLine(response, { done: false, response: '', ...chunk });
    writeLine(response, {
      response: '',
      done: true,
      total_duration: 1.5e9,
      eval_count: 2,
      eval_duration: 1e9,
    });
  };

let folder: string;
let server: AnsweringServer | undefined;

async function start(answers: Readonly<Record<string, Answer>> = {}): Promise<AnsweringServer> {
  server = await startAnsweringServer({
    '/api/show': shown(),
    '/api/generate': says({ response: 'Hi.' }),
    ...answers,
  });
  return server;
}

const ollama = (args: readonly string[], input = '') => runOllama(args, { host: server?.host ?? '', input });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-command-'));
  await writeFile(join(folder, 'cat.png'), png);
  await writeFile(join(folder, 'fake.png'), '%PDF-1.7');
});
afterEach(() => server?.[Symbol.asyncDispose]());
afterAll(() => rm(folder, { recursive: true }));

/** What every request of the command line asks for. */
const asked = { verbose_metrics: true };

describe('run with a prompt', () => {
  it('writes each piece of the answer to a pipe as it arrives, without control codes', async () => {
    const seen = createDeferred<void>();
    const { host } = await start({
      '/api/generate': async (_, response) => {
        writeLine(response, { response: 'one ', done: false });
        await seen.promise;
        writeLine(response, { response: 'two', done: false });
        writeLine(response, { response: '', done: true });
      },
    });
    const env = { ...process.env, OLLAMA_CONFIG: devNull, OLLAMA_HOST: host };
    const child = spawn(process.execPath, [program, 'run', 'm', 'Count'], { env });
    child.stdin.end();
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      // Nothing more is sent until the first piece has arrived here.
      if (output === 'one ') seen.resolve();
    });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    await new Promise((resolve) => child.once('close', resolve));
    expect({ output, errors }).toEqual({ output: 'one two\n\n', errors: '' });
  });

  it('puts piped text before the prompt', async () => {
    const { last } = await start();
    await ollama(['run', 'm', 'in', 'one word'], 'a text\n');
    expect(last('/api/generate')?.prompt).toBe('a text\n in one word');
    await ollama(['run', 'm'], 'only this');
    expect(last('/api/generate')?.prompt).toBe('only this');
  });

  it('without a prompt, only loads the model', async () => {
    const { last } = await start({ '/api/generate': says() });
    expect(await ollama(['run', 'm'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(last('/api/generate')).toEqual({ model: 'm', prompt: '', ...asked });
  });

  it('sends its flags', async () => {
    const { last } = await start();
    await ollama(['run', 'm', 'Hi', '--keepalive', '5m', '--think=high', '--format', '{"type":"object"}']);
    expect(last('/api/generate')).toEqual({
      ...asked,
      model: 'm',
      prompt: 'Hi',
      keep_alive: '5m',
      think: 'high',
      format: { type: 'object' },
    });
    await ollama(['run', 'm', 'Hi', '--think', '--format=json']);
    expect(last('/api/generate')).toMatchObject({ think: true, format: 'json', prompt: 'Hi' });
  });

  it('lets a model think that can', async () => {
    const { last } = await start({ '/api/show': shown({ capabilities: ['completion', 'thinking'] }) });
    await ollama(['run', 'm', 'Hi']);
    expect(last('/api/generate')?.think).toBe(true);
    await ollama(['run', 'm', 'Hi', '--think=false']);
    expect(last('/api/generate')?.think).toBe(false);
  });

  it('marks thinking, or hides it', async () => {
    await start({ '/api/generate': says({ thinking: 'Hm.' }, { response: 'Yes.' }) });
    expect((await ollama(['run', 'm', 'Hi'])).stdout).toBe('Thinking...\nHm.\n...done thinking.\n\nYes.\n\n');
    expect((await ollama(['run', 'm', 'Hi', '--hidethinking'])).stdout).toBe('Yes.\n\n');
  });

  it('shows calls of functions that do not exist', async () => {
    await start({
      '/api/generate': says({ tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] }),
    });
    expect((await ollama(['run', 'm', 'Hi'])).stdout).toBe(
      '  Model called a non-existent function \'f()\' with arguments: {"a":1}\n\n',
    );
  });

  it('adds timings with --verbose, on standard error', async () => {
    await start();
    const { stdout, stderr } = await ollama(['run', 'm', 'Hi', '--verbose']);
    expect(stdout).toBe('Hi.\n\n');
    expect(stderr).toBe(
      'total duration:       1.5s\neval count:           2 token(s)\neval duration:        1s\neval rate:            2.00 tokens/s\n',
    );
  });

  it('pulls a missing model, over plain HTTP only with --insecure', async () => {
    let isThere = false;
    const { last } = await start({
      '/api/show': (body, response) =>
        isThere ? shown()(body, response) : refuse(response, 404, "model 'm' not found"),
      '/api/pull': (_, response) => {
        isThere = true;
        writeLine(response, { status: 'success' });
      },
    });
    expect((await ollama(['run', 'm', 'Hi'])).stdout).toBe('Hi.\n\n');
    expect(last('/api/pull')).toEqual({ model: 'm', insecure: false });
    isThere = false;
    await ollama(['run', 'm', 'Hi', '--insecure']);
    expect(last('/api/pull')).toEqual({ model: 'm', insecure: true });
  });

  it('ends with the error of the server and exit code 1, also in the middle of an answer', async () => {
    await start({
      '/api/generate': (_, response) => {
        writeLine(response, { response: 'Well', done: false });
        writeLine(response, { error: 'it broke' });
      },
    });
    expect(await ollama(['run', 'm', 'Hi'])).toEqual({
      status: 1,
      stdout: 'Well',
      stderr: 'Error: it broke\n',
    });
  });

  it('refuses models that generate images', async () => {
    await start({ '/api/show': shown({ capabilities: ['image'] }) });
    expect((await ollama(['run', 'm', 'A fox'])).stderr).toBe(
      'Error: image generation models are not currently supported\n',
    );
  });
});

describe('files named in a prompt', () => {
  const seeing = shown({ capabilities: ['completion', 'vision'] });

  it('are sent to a model that accepts images', async () => {
    const { last } = await start({ '/api/show': seeing });
    const path = join(folder, 'cat.png');
    const { stderr } = await ollama(['run', 'm', `What is '${path}'?`]);
    expect(stderr).toBe(`Added image '${path}'\n`);
    expect(last('/api/generate')).toEqual({
      ...asked,
      model: 'm',
      prompt: 'What is ?',
      images: [png.toString('base64')],
    });
  });

  it('remain text for another model', async () => {
    const { last } = await start();
    const path = join(folder, 'cat.png');
    const prompt = `What is ${path}?`;
    const { stderr } = await ollama(['run', 'm', prompt]);
    expect(stderr).toBe(`The model takes only text: it is not shown '${path}'\n`);
    expect(last('/api/generate')).toEqual({ model: 'm', prompt, ...asked });
  });

  it('are refused if they are of another type', async () => {
    const { requests } = await start({ '/api/show': seeing });
    expect(await ollama(['run', 'm', join(folder, 'fake.png')])).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'Couldn\'t process file: "invalid file type: application/pdf"\nError: invalid file type: application/pdf\n',
    });
    expect(requests.map(({ path }) => path)).toEqual(['/api/show']);
  });
});

describe('run of a real embedding model', () => {
  let real: TestServer;
  const run = (...args: string[]) => runOllama(['run', 'minilm', ...args], real);
  const vectorOf = async (...args: string[]) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^\[[^\n]*\]\n$/);
    return JSON.parse(stdout) as number[];
  };

  beforeAll(async () => {
    real = await startTestServer();
    const { ggufPath } = await ensureMiniLm();
    await createModel(real, 'minilm', ggufPath, { parameters: { num_ctx: 256 } });
  });
  afterAll(() => real?.[Symbol.asyncDispose]());

  it('prints the vector of the text as one line of JSON', async () => {
    const vector = await vectorOf('why is the sky blue?');
    expect(vector).toHaveLength(384);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
    expect(await vectorOf('why is', 'the sky blue?')).toEqual(vector);
    expect(await vectorOf('why is the sky blue?', '--dimensions', '64', '--keepalive', '1m')).toHaveLength(
      64,
    );
  });

  it('accepts piped text', async () => {
    const { stdout } = await runOllama(['run', 'minilm'], { host: real.host, input: 'why is the sky blue?' });
    expect(JSON.parse(stdout)).toHaveLength(384);
  });

  it('truncates a text that is too long unless told not to', async () => {
    const long = 'the quick brown fox jumps over the lazy dog. '.repeat(100);
    expect(await vectorOf(long)).toHaveLength(384);
    const { status, stderr } = await run(long, '--truncate=false');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Error: .*context/);
  });

  it('explains its use if there is no text', async () => {
    expect(await run()).toEqual({
      status: 1,
      stdout: '',
      stderr: 'Error: embedding models require input text. Usage: ollama run minilm "your text here"\n',
    });
  });
});
