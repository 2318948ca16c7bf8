/** Models from folders of safetensors: from the Modelfile or the request to the answer. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peftPair, writeAdapter } from '../../fakes/import/adapter-files.ts';
import { uploadFiles, writeCase, writeLargeFolder, writeTexts } from '../support/import-folders.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { linesOf, post, send } from '../support/server-requests.ts';

let server: TestServer;
let folder: string;

beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'import-'));
  for (const name of ['llama-sharded', 'llama-fp8-channels', 'gpt-oss-mxfp4', 'bert', 'llama-3'])
    await writeCase(name, join(folder, name));
  for (const [name, tensors] of [
    ['first', peftPair('model.layers.0.self_attn.q_proj', 4, [64, 64])],
    ['second', peftPair('model.layers.1.mlp.down_proj', 4, [64, 96])],
  ] as const)
    writeAdapter(join(folder, name), { peft_type: 'LORA', r: 4, lora_alpha: 64 }, tensors);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const blobsOf = async ({ modelsFolder }: TestServer) => (await readdir(join(modelsFolder, 'blobs'))).sort();

/** Creates a model with the command line. @returns what it printed, line by line */
async function create(name: string, modelfile: string, ...flags: string[]): Promise<string[]> {
  const path = join(folder, `${name}.modelfile`);
  await writeFile(path, modelfile);
  const { status, stdout, stderr } = await runOllama(['create', name, '-f', path, ...flags], server);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  return stderr.trimEnd().split('\n');
}

interface Shown {
  readonly details: { readonly quantization_level: string; readonly family: string };
  readonly tensors: readonly { readonly name: string; readonly type: string }[];
  readonly imported?: unknown;
}

async function show(model: string, fields: Record<string, unknown> = {}): Promise<Shown> {
  const { status, body } = await post(server, '/api/show', { model, ...fields });
  expect(status).toBe(200);
  return body as Shown;
}

/** Log probabilities of the five likeliest first tokens; a warm cache changes their last digits. */
async function logprobs(model: string, options: Record<string, unknown> = {}): Promise<number[]> {
  const request = { model, prompt: 'the an', raw: true, stream: false, logprobs: true, top_logprobs: 5 };
  const { status, body } = await post(server, '/api/generate', {
    ...request,
    options: { num_predict: 1, temperature: 0, ...options },
  });
  expect({ status, body }).toMatchObject({ status: 200 });
  const [first] = (body as { logprobs: { top_logprobs: { logprob: number }[] }[] }).logprobs;
  return first?.top_logprobs.map(({ logprob }) => Number(logprob.toFixed(4))) ?? [];
}

/** The files that the manifests of the given models name, and no others. */
async function expectOnly(models: readonly string[], before: readonly string[]): Promise<void> {
  const named = new Set<string>();
  for (const model of models) {
    const { stdout } = await runOllama(['show', model, '--modelfile'], server);
    for (const [digest] of stdout.matchAll(/sha256-[0-9a-f]{64}/g)) named.add(digest);
  }
  const added = (await blobsOf(server)).filter((name) => !before.includes(name));
  const large = added.filter((name) => named.has(name));
  // The rest are the config and the texts of each model.
  expect(large).toHaveLength(named.size);
  expect(added.length - large.length).toBeLessThanOrEqual(3 * models.length);
}

describe('a folder of safetensors', () => {
  it('becomes a model that answers, whose files are not kept', async () => {
    const before = await blobsOf(server);
    const lines = await create('sharded', 'FROM ./llama-sharded\nSYSTEM Be brief.');
    expect(lines).toContain('success');
    expect(lines.filter((line) => line.startsWith('converting model'))).not.toEqual([]);
    expect(lines.join('\n')).toMatch(/^hashing model-00002-of-00002\.safetensors: 100%/m);
    expect((await show('sharded')).details).toMatchObject({ family: 'llama', quantization_level: 'BF16' });
    expect(await logprobs('sharded')).toHaveLength(5);
    await expectOnly(['sharded'], before);
    // The digest that the process computed while it wrote is that of the bytes on the disk.
    expect(await runOllama(['verify', 'sharded'], server)).toMatchObject({ status: 0 });
  });

  it('says in the verbose view what it was converted from, and nothing elsewhere', async () => {
    const imported = [
      { part: 'model', source: 'LlamaForCausalLM', type: 'BF16', converter: expect.any(String), dropped: [] },
    ];
    expect(await show('sharded')).not.toHaveProperty('imported');
    expect((await show('sharded', { verbose: true })).imported).toEqual(imported);
    const { stdout } = await runOllama(['show', 'sharded', '--verbose'], server);
    expect(stdout).toMatch(/^ {2}Import\n {4}model +LlamaForCausalLM, converted to BF16 by version /m);
  });

  it('is taken from the current folder without a Modelfile', async () => {
    const cwd = join(folder, 'llama-3');
    const { status, stderr } = await runOllama(['create', 'here'], { host: server.host, cwd });
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringMatching(/success\n$/) });
    expect((await show('here')).details.quantization_level).toBe('BF16');
  });

  it('brings sampling options and end tokens, which the Modelfile overrides', async () => {
    await create('suggested', 'FROM ./llama-3\nPARAMETER top_p 0.5');
    const { stdout } = await runOllama(['show', 'suggested', '--parameters'], server);
    expect(stdout).toMatch(/^temperature +0\.6$/m);
    expect(stdout).toMatch(/^top_p +0\.5$/m);
    const { body } = await post(server, '/api/show', { model: 'suggested', verbose: true });
    const { model_info: info } = body as { model_info: Record<string, unknown> };
    expect(info['tokenizer.ggml.eos_token_ids']).toEqual([362, 361, 363]);
  });

  it('of an encoder makes embeddings', async () => {
    await create('encoder', 'FROM ./bert');
    const { status, body } = await post(server, '/api/embed', { model: 'encoder', input: ['a b', 'c'] });
    expect(status).toBe(200);
    expect((body as { embeddings: number[][] }).embeddings).toHaveLength(2);
  });

  it('may be sent by any client, with the names that it chooses for the folder', async () => {
    const files = await uploadFiles(server, await writeCase('qwen3', join(folder, 'qwen3')));
    const renamed = Object.fromEntries(
      Object.entries(files).map(([name, digest]) => [`any/where/${name}`, digest]),
    );
    const reply = await post(server, '/api/create', { model: 'sent', files: renamed, stream: false });
    expect(reply).toEqual({ status: 200, body: { status: 'success' } });
    expect((await show('sent')).details.family).toBe('qwen3');
  });

  it('is linked with --link: nothing is sent, and the files stay where they are', async () => {
    const before = await blobsOf(server);
    const lines = await create('linked', 'FROM ./llama-3', '--link', '-q', 'f32');
    expect(lines.join('\n')).toContain('linking model.safetensors');
    expect(await readdir(join(folder, 'llama-3'))).toContain('model.safetensors');
    expect((await show('linked')).details.quantization_level).toBe('F32');
    await expectOnly(['linked'], before);
  });
});

describe('the type of the weights', () => {
  it.each(['F32', 'F16', 'BF16', 'Q8_0'])('%s needs no quantizer', async (type) => {
    const lines = await create('typed', 'FROM ./llama-sharded', '-q', type);
    expect(lines.filter((line) => line.startsWith('quantizing'))).toEqual([]);
    expect((await show('typed')).details.quantization_level).toBe(type);
    expect(await logprobs('typed')).toHaveLength(5);
  });

  it('Q4_0 is reached through floats, which are dropped', async () => {
    const before = await blobsOf(server);
    const lines = await create('small', 'FROM ./llama-sharded', '-q', 'q4_0');
    expect(lines.join('\n')).toMatch(/^quantizing BF16 model to Q4_0/m);
    expect((await show('small')).details.quantization_level).toBe('Q4_0');
    expect(await logprobs('small')).toHaveLength(5);
    await expectOnly(['small'], before);
  });

  it('only for models with experts is refused before the weights are converted', async () => {
    const path = join(folder, 'dense.modelfile');
    await writeFile(path, 'FROM ./llama-3');
    const { status, stderr } = await runOllama(['create', 'bad', '-f', path, '-q', 'mxfp4'], server);
    expect(status).toBe(1);
    expect(stderr).toMatch(/\nError: quantize: MXFP4 is only for models with experts: use Q4_K_M\n$/);
    expect(stderr).not.toMatch(/^converting model: /m);
  });

  it('of 8-bit floats is Q8_0, and another one if that is asked for', async () => {
    const lines = await create('eight', 'FROM ./llama-fp8-channels');
    expect(lines).toContain('the weights are 8-bit floats: converting them to Q8_0');
    expect((await show('eight')).details.quantization_level).toBe('Q8_0');
    await create('sixteen', 'FROM ./llama-fp8-channels', '-q', 'bf16');
    expect((await show('sixteen')).details.quantization_level).toBe('BF16');
  });

  it.each(['', 'q8_0', 'q4_0'])('of experts in 4 bits stays, whatever is asked for (%s)', async (type) => {
    await create('oss', 'FROM ./gpt-oss-mxfp4', ...(type === '' ? [] : ['-q', type]));
    const { tensors } = await show('oss');
    const experts = tensors.filter(({ name }) => /ffn_(?:gate|up|down)_exps\.weight/.test(name));
    expect(new Set(experts.map((tensor) => tensor.type))).toEqual(new Set(['MXFP4']));
    expect(await logprobs('oss')).toHaveLength(5);
  });
});

describe('adapters', () => {
  it('of several folders apply with their own scales, on a folder and on a model', async () => {
    const lines = await create('both', 'FROM ./llama-3\nADAPTER ./first\nADAPTER ./second', '-q', 'f32');
    expect(lines.filter((line) => line.startsWith('converting adapter'))).not.toEqual([]);
    await create('plain', 'FROM ./llama-3', '-q', 'f32');
    await create('tuned', 'FROM plain\nADAPTER ./first\nADAPTER ./second');
    const [plain, both] = [await logprobs('plain'), await logprobs('both')];
    expect(both).not.toEqual(plain);
    expect(await logprobs('tuned')).toEqual(both);
    expect(await logprobs('both', { adapter_scale: [0, 0] })).toEqual(plain);
    const first = await logprobs('both', { adapter_scale: [1, 0] });
    const second = await logprobs('both', { adapter_scale: [0, 1] });
    expect([first, second, both, plain].map(String)).toHaveLength(
      new Set([first, second, both, plain].map(String)).size,
    );
    expect((await show('tuned', { verbose: true })).imported).toMatchObject([
      { part: 'model' },
      { part: 'adapter', source: 'PEFT' },
      { part: 'adapter', source: 'PEFT' },
    ]);
  });

  it('that do not fit are refused before the weights are converted', async () => {
    const wide = peftPair('model.layers.0.self_attn.q_proj', 4, [128, 128]);
    writeAdapter(join(folder, 'wide'), { peft_type: 'LORA', r: 4, lora_alpha: 8 }, wide);
    const path = join(folder, 'wide.modelfile');
    await writeFile(path, 'FROM ./llama-3\nADAPTER ./wide');
    const { status, stderr } = await runOllama(['create', 'bad', '-f', path], server);
    expect(status).toBe(1);
    expect(stderr).toMatch(/\nError: [^\n]*q_proj[^\n]*\n$/);
    expect(stderr).not.toMatch(/^converting model: /m);
  });
});

describe('a folder that cannot be imported gives one line with the reason', () => {
  const config = JSON.stringify({ architectures: ['MambaForCausalLM'] });

  it.each([
    [
      'an unknown class',
      { 'config.json': config, 'model.safetensors': '' },
      /^Error: unsupported architecture "MambaForCausalLM": /,
    ],
    [
      'no configuration',
      { 'model.safetensors': '' },
      /^Error: config\.json is missing: give the whole folder/,
    ],
    [
      'no weights that can be read',
      { 'config.json': config, 'pytorch_model.bin': '' },
      /^Error: unreadable\/pytorch_model\.bin is a pickle/,
    ],
  ])('%s', async (_, texts, message) => {
    await rm(join(folder, 'unreadable'), { recursive: true, force: true });
    await writeTexts(join(folder, 'unreadable'), texts);
    const path = join(folder, 'unreadable.modelfile');
    await writeFile(path, 'FROM ./unreadable');
    const { status, stdout, stderr } = await runOllama(['create', 'bad', '-f', path], server);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(message);
    expect((await post(server, '/api/show', { model: 'bad' })).status).toBe(404);
  });

  it('over HTTP, with status 400 when nothing was sent before', async () => {
    await mkdir(join(folder, 'alone'), { recursive: true });
    await writeTexts(join(folder, 'alone'), { 'model.safetensors': 'x' });
    const files = await uploadFiles(server, [
      { name: 'model.safetensors', path: join(folder, 'alone', 'model.safetensors') },
    ]);
    const reply = await post(server, '/api/create', { model: 'bad', files, stream: false });
    expect(reply).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('config.json is missing') },
    });
  });
});

describe('two conversions at once', () => {
  it('take turns, and both succeed', async () => {
    const large = await uploadFiles(server, await writeLargeFolder(join(folder, 'large'), 60));
    const small = await uploadFiles(server, await writeCase('olmo2', join(folder, 'olmo2')));
    const statuses: string[][] = [[], []];
    const run = async (index: number, files: Record<string, string>, onLine: () => void) => {
      const response = await send(server, 'POST', '/api/create', {
        model: `turn-${index}`,
        files,
        quantize: 'q8_0',
      });
      for await (const { status, error } of linesOf(response)) {
        statuses[index]?.push(String(status ?? error));
        onLine();
      }
    };
    let second: Promise<void> | undefined;
    await run(0, large, () => {
      second ??= run(1, small, () => undefined);
    });
    await second;
    expect(statuses.map((list) => list.at(-1))).toEqual(['success', 'success']);
    expect(statuses[1]?.[0]).toBe('waiting for another conversion to finish');
  });
});

it('with OLLAMA_NOPRUNE, the files of a folder stay in the store', async () => {
  await using keeping = await startTestServer({ env: { OLLAMA_NOPRUNE: '1' } });
  const files = await uploadFiles(keeping, await writeCase('llama-3', join(folder, 'kept')));
  const reply = await post(keeping, '/api/create', { model: 'kept', files, stream: false });
  expect(reply).toEqual({ status: 200, body: { status: 'success' } });
  const blobs = await blobsOf(keeping);
  for (const digest of Object.values(files)) expect(blobs).toContain(digest.replace(':', '-'));
});
