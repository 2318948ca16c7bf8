import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FolderInstruction, folderFiles, holdsModel } from './create-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), 'x');
  }
}

async function namesFor(instruction: FolderInstruction): Promise<string[]> {
  return (await folderFiles(folder, './m', instruction)).map(({ name }) => name);
}

describe('FROM a folder of safetensors', () => {
  it('takes the weights with configuration, tokenizer and templates, also from one folder below', async () => {
    const wanted = [
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'chat_template.jinja',
      'config.json',
      'model.safetensors.index.json',
      'tokenizer.json',
      'tokenizer.model',
      '1_Pooling/config.json',
      'additional_chat_templates/tool_use.jinja',
    ];
    const others = [
      'README.md',
      'optimizer.safetensors',
      '.cache/x.json',
      'a/b/deep.json',
      'onnx/model.onnx',
    ];
    await write(...wanted, ...others);
    expect(await namesFor('FROM')).toEqual(wanted);
    const [first] = await folderFiles(folder, './m', 'FROM');
    expect(first?.path).toBe(join(folder, wanted[0] ?? ''));
  });

  it('prefers them to pickles and GGUF files', async () => {
    await write('model.gguf', 'model.safetensors', 'pytorch_model.bin');
    expect(await namesFor('FROM')).toEqual(['model.safetensors']);
    expect(await namesFor('DRAFT')).toEqual(['model.safetensors']);
  });
});

describe('an adapter', () => {
  it.each(['adapter_model.safetensors', 'adapters.safetensors'])(
    'in %s comes with its settings only',
    async (name) => {
      await write(
        name,
        'adapter_config.json',
        'tokenizer.json',
        '0000100_adapters.safetensors',
        'checkpoint-5/x.json',
      );
      expect(await namesFor('ADAPTER')).toEqual([name, 'adapter_config.json']);
    },
  );

  it('may be a GGUF file', async () => {
    await write('lora.gguf', 'adapter_config.json');
    expect(await namesFor('ADAPTER')).toEqual(['lora.gguf']);
  });
});

describe('a folder is refused', () => {
  it.each<[string, string, FolderInstruction, string]>([
    [
      'with nothing to use',
      'readme.md',
      'FROM',
      'no model files in ./m: it needs model*.safetensors with their config.json, or a .gguf file',
    ],
    [
      'with no adapter',
      'readme.md',
      'ADAPTER',
      'no model files in ./m: it needs adapter_model.safetensors with its adapter_config.json',
    ],
    [
      'with pickles',
      'pytorch_model-00001-of-00002.bin',
      'FROM',
      'm/pytorch_model-00001-of-00002.bin is a pickle, which can run code: save it as safetensors',
    ],
    ['with a pickled adapter', 'adapter_model.bin', 'ADAPTER', 'm/adapter_model.bin is a pickle'],
    [
      "with weights in Mistral's format",
      'consolidated.safetensors',
      'FROM',
      "m/consolidated.safetensors is in Mistral's own format",
    ],
    [
      'with an adapter where a model is expected',
      'adapter_model.safetensors',
      'FROM',
      './m contains an adapter (adapter_model.safetensors): name it with ADAPTER',
    ],
    [
      'with a model where an adapter is expected',
      'model.safetensors',
      'ADAPTER',
      './m contains a model (model.safetensors): name it with FROM',
    ],
  ])('%s', async (_, name, instruction, message) => {
    await write(name);
    await expect(namesFor(instruction)).rejects.toThrow(message);
  });

  it('with pointers of Git LFS', async () => {
    await write('config.json');
    await writeFile(
      join(folder, 'model.safetensors'),
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
    );
    await expect(namesFor('FROM')).rejects.toThrow(
      'model.safetensors is a Git LFS pointer, not the file: run git lfs pull',
    );
  });
});

describe('links', () => {
  it('within the folder are followed, and out of it they are refused', async () => {
    await write('data/model.bytes', 'config.json');
    await symlink(join(folder, 'data', 'model.bytes'), join(folder, 'model.safetensors'));
    expect(await namesFor('FROM')).toEqual(['model.safetensors', 'config.json']);
    await symlink('/etc/hostname', join(folder, 'tokenizer.json'));
    await expect(namesFor('FROM')).rejects.toThrow(
      'insecure path: m/tokenizer.json is a link out of its folder: put the file itself there',
    );
  });

  it('to files that do not exist are refused by name', async () => {
    await symlink('nowhere', join(folder, 'model.safetensors'));
    await expect(namesFor('FROM')).rejects.toThrow(
      'm/model.safetensors is a link to a file that does not exist or cannot be read: download it again',
    );
  });

  it("of Hugging Face's cache are followed into the blobs of the same repository only", async () => {
    await write('models--a--b/blobs/0123', 'models--c--d/blobs/4567');
    const snapshot = join(folder, 'models--a--b', 'snapshots', 'main');
    await mkdir(snapshot, { recursive: true });
    await symlink('../../blobs/0123', join(snapshot, 'model.safetensors'));
    const files = await folderFiles(snapshot, '.', 'FROM');
    expect(files).toEqual([{ name: 'model.safetensors', path: join(snapshot, 'model.safetensors') }]);
    await symlink('../../../models--c--d/blobs/4567', join(snapshot, 'config.json'));
    await expect(folderFiles(snapshot, '.', 'FROM')).rejects.toThrow('insecure path: config.json');
  });
});

it.each([
  ['model.safetensors', true],
  ['x.gguf', true],
  ['adapter_model.safetensors', false],
  ['readme.md', false],
])('a folder with %s holds a model: %s', async (name, expected) => {
  await write(name);
  expect(await holdsModel(folder)).toBe(expected);
});
