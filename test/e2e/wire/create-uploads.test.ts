/** `ollama create` uploads the files of a Modelfile to the server. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeRandomAdapter } from '../../fakes/models/random-adapter.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';

let server: TestServer;
let folder: string;

beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'create-uploads-'));
  await writeRandomModel(join(folder, 'model.gguf'));
  await mkdir(join(folder, 'adapters'));
  await writeRandomAdapter(join(folder, 'adapters', 'lora.gguf'), { seed: 1 });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const show = async (model: string) => (await runOllama(['show', model, '--modelfile'], server)).stdout;
const copied = /^copying file sha256:[0-9a-f]{12}: 100% [\d.]+ [KM]?B$/gm;

it('uploads weights and adapter, each with its own line, and only once', async () => {
  await writeFile(join(folder, 'Modelfile'), 'FROM ./model.gguf\nADAPTER ./adapters/lora.gguf\n');
  const args = ['create', 'tuned', '-f', join(folder, 'Modelfile')];
  for (const _ of ['new', 'known']) {
    const { status, stdout, stderr } = await runOllama(args, server);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/^gathering model components\n([\x20-\x7e]+\n)+success\n$/);
    expect(stderr).toMatch(/^hashing model\.gguf: 100%/m);
    expect(stderr).toMatch(/^hashing lora\.gguf: 100%/m);
    expect(new Set(stderr.match(copied)).size).toBe(2);
  }
  expect(await show('tuned')).toMatch(/^FROM .*sha256-[\s\S]*^ADAPTER .*sha256-/m);
});

it('reads a Modelfile from standard input, and accepts a type for the weights in any letter case', async () => {
  const modelfile = `FROM ${join(folder, 'model.gguf')}\nSYSTEM Be brief.\n`;
  const result = await runOllama(['create', 'piped', '-f', '-', '-q', 'q8_0'], {
    host: server.host,
    input: modelfile,
  });
  expect(result).toMatchObject({ status: 0, stdout: '' });
  expect(result.stderr).toMatch(/^quantizing \w+ model to Q8_0/m);
  expect(await show('piped')).toContain('SYSTEM Be brief.');
});

it('refuses a type for a missing draft, and endless input', async () => {
  const args = ['create', 'bad', '-f', '-'];
  const input = `FROM ${join(folder, 'model.gguf')}`;
  const draft = await runOllama([...args, '--draft-quantize', 'q8_0'], { host: server.host, input });
  expect(draft).toMatchObject({ status: 1, stdout: '' });
  expect(draft.stderr).toMatch(/\nError: --draft-quantize requires a DRAFT model\n$/);
  const endless = await runOllama(args, { host: server.host, input: 'x'.repeat(17 * 1024 * 1024) });
  expect(endless.status).toBe(1);
  expect(endless.stderr).toBe('Error: standard input is larger than 16 MiB, the maximum for a Modelfile\n');
});

it('names the unusable file, and creates nothing', async () => {
  const input = `FROM ${join(folder, 'model.gguf')}\nADAPTER ${join(folder, 'none.gguf')}`;
  const { status, stderr } = await runOllama(['create', 'bad', '-f', '-'], { host: server.host, input });
  expect(status).toBe(1);
  expect(stderr).toMatch(/\nError: no such file for ADAPTER: .*none\.gguf\n$/);
  expect((await runOllama(['list'], server)).stdout).not.toContain('bad');
});
