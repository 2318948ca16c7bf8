import { describe, expect, it } from 'vitest';
import { parseDigest } from '../../names/digest.ts';
import { sortAdapterFiles, sortModelFiles } from './sort-files.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const files = (...names: string[]) => names.map((name) => ({ name, digest }));

describe('the files of a model', () => {
  it('without safetensors are all taken as they are', () => {
    const given = files('model.gguf', 'mmproj.gguf', 'weights.bin');
    expect(sortModelFiles(given)).toEqual({ gguf: given });
  });

  it('with safetensors are one folder, folders below it included, beside GGUF files', () => {
    const folder = files('config.json', 'model.safetensors', '1_Pooling/config.json');
    expect(sortModelFiles([...folder, ...files('mmproj.gguf')])).toEqual({
      gguf: files('mmproj.gguf'),
      folder,
    });
  });

  it('have names relative to their own folder, wherever a client counted from', () => {
    const given = files('a/m/config.json', 'a/m/model.safetensors', 'a/m/1_Pooling/config.json', 'a/p.gguf');
    expect(sortModelFiles(given)).toEqual({
      gguf: files('a/p.gguf'),
      folder: files('config.json', 'model.safetensors', '1_Pooling/config.json'),
    });
    expect(sortModelFiles(files('x/model.safetensors')).folder).toEqual(files('model.safetensors'));
    const apart = files('model/model.safetensors', 'models/config.json');
    expect(sortModelFiles(apart).folder).toEqual(apart);
  });
});

describe('the files of adapters', () => {
  const file = (name: string) => ({ kind: 'file', file: { name, digest } });
  const folder = (...names: string[]) => ({ kind: 'folder', folder: files(...names) });

  it('in one folder are one adapter', () => {
    const names = ['adapter_config.json', 'adapter_model.safetensors'];
    expect(sortAdapterFiles(files(...names))).toEqual([folder(...names)]);
  });

  it('in several folders are as many adapters, in their order among GGUF files', () => {
    const given = files(
      'b/a.safetensors',
      'lora.gguf',
      'a/x.safetensors',
      'b/adapter_config.json',
      'a/z.gguf',
    );
    expect(sortAdapterFiles(given)).toEqual([
      folder('a.safetensors', 'adapter_config.json'),
      file('lora.gguf'),
      folder('x.safetensors'),
      file('a/z.gguf'),
    ]);
  });

  it('without safetensors are left to be refused by their content', () => {
    expect(sortAdapterFiles(files('a/adapter_config.json', 'a/adapter_model.bin'))).toEqual([
      file('a/adapter_config.json'),
      file('a/adapter_model.bin'),
    ]);
  });
});
