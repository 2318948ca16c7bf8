import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelfileContents } from '../../modelfile/contents.ts';
import { parseModelfile } from '../../modelfile/parse.ts';
import { createRequest, planFiles } from './create-request.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-request-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const contentsOf = (text: string) => modelfileContents(parseModelfile(text));

describe('planFiles', () => {
  it("finds files relative to the Modelfile's folder, and treats anything else as a model's name", async () => {
    await writeFile(join(folder, 'weights.gguf'), 'x');
    const plan = await planFiles(contentsOf('FROM ./weights.gguf'), folder);
    expect(plan.files).toEqual([{ name: 'weights.gguf', path: join(folder, 'weights.gguf') }]);
    for (const from of ['llama3.2:1b', 'https://example.com/a/model.gguf', 'hf.co/someone/model:Q4_0'])
      expect((await planFiles(contentsOf(`FROM ${from}`), folder)).from).toBe(from);
  });

  it('leaves a URL to the server, even if a local path has the same spelling', async () => {
    await mkdir(join(folder, 'https:', 'h.example'), { recursive: true });
    await writeFile(join(folder, 'https:', 'h.example', 'x.gguf'), 'x');
    const plan = await planFiles(contentsOf('FROM https://h.example/x.gguf?a=1'), folder);
    expect(plan).toMatchObject({ from: 'https://h.example/x.gguf?a=1', files: [] });
  });

  it('uses the GGUF files in a folder, and refuses a folder without any', async () => {
    await mkdir(join(folder, 'model'));
    await expect(planFiles(contentsOf('FROM ./model'), folder)).rejects.toThrow(/no model files in .\/model/);
    for (const name of ['b.gguf', 'a.gguf', 'readme.md']) await writeFile(join(folder, 'model', name), 'x');
    const plan = await planFiles(contentsOf('FROM ./model'), folder);
    expect(plan.files.map((file) => file.name)).toEqual(['a.gguf', 'b.gguf']);
  });

  it('takes one folder of safetensors beside GGUF files, and refuses a second one', async () => {
    for (const name of ['a', 'b']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'model.safetensors'), 'x');
    }
    await writeFile(join(folder, 'mmproj.gguf'), 'x');
    const plan = await planFiles(contentsOf('FROM ./a\nFROM ./mmproj.gguf'), folder);
    expect(plan.files.map((file) => file.name)).toEqual(['model.safetensors', 'mmproj.gguf']);
    await expect(planFiles(contentsOf('FROM ./a\nFROM ./b'), folder)).rejects.toThrow(
      'FROM ./b is a second folder of safetensors: name only one model',
    );
  });

  it('uses all shards of a split model, whichever are named', async () => {
    const shards = [1, 2, 3].map((number) => `m-0000${number}-of-00003.gguf`);
    const others = ['m-00001-of-00002.gguf', 'n-00001-of-00003.gguf', 'm.gguf'];
    for (const name of [...shards, ...others]) await writeFile(join(folder, name), 'x');
    for (const text of [
      'FROM ./m-00001-of-00003.gguf',
      'FROM ./m-00003-of-00003.gguf',
      shards.map((name) => `FROM ./${name}`).join('\n'),
    ]) {
      const plan = await planFiles(contentsOf(text), folder);
      expect(plan.files.map((file) => file.name)).toEqual(shards);
    }
  });

  it.each([
    './missing.gguf',
    '../missing',
    '/missing/model.gguf',
    '~/missing.gguf',
    'models/sub.dir/missing/x.gguf',
  ])('names the file that is missing: %s', async (path) => {
    await expect(planFiles(contentsOf(`FROM ${path}`), folder)).rejects.toThrow(
      `no such file for FROM: ${path}`,
    );
  });

  it('refuses an adapter that does not exist', async () => {
    await expect(planFiles(contentsOf('FROM x\nADAPTER ./lora.gguf'), folder)).rejects.toThrow(
      'no such file for ADAPTER: ./lora.gguf',
    );
  });
});

describe('DRAFT', () => {
  it('accepts files like FROM, and refuses a missing file and the model itself', async () => {
    await writeFile(join(folder, 'weights.gguf'), 'x');
    await writeFile(join(folder, 'draft.gguf'), 'y');
    await symlink(join(folder, 'weights.gguf'), join(folder, 'link.gguf'));
    const plan = await planFiles(contentsOf('FROM ./weights.gguf\nDRAFT ./draft.gguf'), folder);
    expect(plan.drafts).toEqual([{ name: 'draft.gguf', path: join(folder, 'draft.gguf') }]);
    await expect(planFiles(contentsOf('FROM x\nDRAFT ./none.gguf'), folder)).rejects.toThrow(
      'no such file for DRAFT: ./none.gguf',
    );
    await expect(planFiles(contentsOf('FROM ./weights.gguf\nDRAFT ./link.gguf'), folder)).rejects.toThrow(
      `DRAFT must not reference the same local path as FROM: ${join(folder, 'link.gguf')}`,
    );
  });
});

describe('createRequest', () => {
  it('contains every instruction', async () => {
    const names = ['weights.gguf', 'lora.gguf', 'draft.gguf'];
    for (const name of names) await writeFile(join(folder, name), name);
    const contents = contentsOf(
      'FROM base\nFROM ./weights.gguf\nADAPTER lora.gguf\nDRAFT ./draft.gguf\nRENDERER r\nPARSER p\nREQUIRES v0.14.0\nSYSTEM Be brief.\nTEMPLATE {{ .Prompt }}\nPARAMETER stop a\nPARAMETER stop b\nPARAMETER top_k 5\nLICENSE MIT\nMESSAGE user hi',
    );
    const plan = await planFiles(contents, folder);
    const types = { quantize: 'q4_K_M', draftQuantize: 'q8_0' };
    const local = [...plan.files, ...plan.adapters, ...plan.drafts];
    const digests = new Map(local.map((file) => [file, `sha256:${file.name}`]));
    expect(createRequest('mine', contents, plan, digests, types)).toEqual({
      model: 'mine',
      quantize: 'Q4_K_M',
      draft_quantize: 'Q8_0',
      from: 'base',
      files: { 'weights.gguf': 'sha256:weights.gguf' },
      adapters: { 'lora.gguf': 'sha256:lora.gguf' },
      draft_files: { 'draft.gguf': 'sha256:draft.gguf' },
      renderer: 'r',
      parser: 'p',
      requires: '0.14.0',
      system: 'Be brief.',
      template: '{{ .Prompt }}',
      parameters: { stop: ['a', 'b'], top_k: 5 },
      license: ['MIT'],
      messages: [{ role: 'user', content: 'hi' }],
    });
  });
});
