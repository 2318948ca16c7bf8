/** Folders that somebody made on purpose: each is refused with what is wrong, before much is read. */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importCases, writeImportFolder } from '../../test/fakes/import/import-case.ts';
import { encodeSafetensors } from '../../test/fakes/import/safetensors-file.ts';
import { GIB } from '../base/units.ts';
import { planConversion } from './plan/plan-conversion.ts';
import type { SourceFile } from './source-file.ts';

let root: string;
let files: readonly SourceFile[];
let made = 0;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'ollama-hostile-'));
  const model = (await importCases()).find(({ name }) => name === 'llama-3');
  if (!model) throw new Error('no case is named llama-3');
  files = await writeImportFolder(model, join(root, 'model'));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** A file that takes the place of one of the same name, or is new. */
function put(name: string, content: string | Uint8Array, size?: number): SourceFile {
  const path = join(root, `changed-${made++}`);
  writeFileSync(path, content);
  if (size !== undefined) truncateSync(path, size);
  return { name, path };
}

function contentOf(name: string): string {
  const file = files.find((other) => other.name === name);
  if (!file) throw new Error(`the folder has no ${name}`);
  return readFileSync(file.path, 'utf8');
}

function config(changes: Readonly<Record<string, unknown>>): SourceFile {
  return put('config.json', JSON.stringify({ ...JSON.parse(contentOf('config.json')), ...changes }));
}

/** config.json with a text that `JSON.stringify` would not write. */
function configText(key: string, json: string): SourceFile {
  const text = contentOf('config.json').trim();
  return put('config.json', `${text.slice(0, -1)}, ${JSON.stringify(key)}: ${json}}`);
}

function index(weightMap: unknown): SourceFile {
  return put('model.safetensors.index.json', JSON.stringify({ weight_map: weightMap }));
}

function refused(changed: readonly SourceFile[], without: readonly string[] = []): Promise<unknown> {
  const names = new Set([...changed.map(({ name }) => name), ...without]);
  const all = [...files.filter(({ name }) => !names.has(name)), ...changed];
  return planConversion(all, { type: 'auto' });
}

type Case = readonly [
  what: string,
  changed: () => readonly SourceFile[],
  message: RegExp,
  without?: readonly string[],
];

const NESTED = 200_000;
const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';

const configs: readonly Case[] = [
  [
    'a billion layers',
    () => [config({ num_hidden_layers: 1e9 })],
    /"num_hidden_layers" in config.json must be an integer between 1 and 512/,
  ],
  [
    'as many layers as there may be',
    () => [config({ num_hidden_layers: 512 })],
    /^tensor "model.layers.\d+\.[a-z_.]+" is missing/,
  ],
  [
    'layers that are no integer',
    () => [config({ num_hidden_layers: 1.5 })],
    /"num_hidden_layers" in config.json must be an integer/,
  ],
  [
    'endless numbers',
    () => [configText('num_hidden_layers', '1e999')],
    /"num_hidden_layers" in config.json must be an integer/,
  ],
  [
    'a negative size',
    () => [config({ hidden_size: -64 })],
    /"hidden_size" in config.json must be an integer between/,
  ],
  [
    'no heads',
    () => [config({ num_attention_heads: 0, head_dim: null })],
    /"num_attention_heads" in config.json must be/,
  ],
  [
    'a billion heads',
    () => [config({ num_key_value_heads: 1e9 })],
    /tensor "blk.0.attn_k.weight" cannot be written: \d+ rows/,
  ],
  ['a vocabulary of billions', () => [config({ vocab_size: 4e9 })], /vocab_size/],
  ['a vocabulary of a million', () => [config({ vocab_size: 1_000_000 })], /vocab_size/],
  [
    'text in place of a number',
    () => [config({ rope_theta: '10000' })],
    /"rope_theta" in config.json must be a number/,
  ],
  [
    'a class that every object has',
    () => [config({ architectures: ['__proto__'] })],
    /^unsupported architecture "__proto__"/,
  ],
  [
    'a class from a prototype',
    () => [config({ architectures: ['constructor'] })],
    /^unsupported architecture "constructor"/,
  ],
  [
    'a rope that every object has',
    () => [config({ rope_scaling: { rope_type: 'toString', factor: 2 } })],
    /"toString"/,
  ],
  [
    'settings beyond their maximum',
    () => [put('config.json', '{', 64 * 1024 * 1024)],
    /config.json is larger than 8388608 bytes/,
  ],
  ['nesting without end', () => [put('config.json', '['.repeat(NESTED))], /config.json/],
  [
    'deep nesting in a setting',
    () => [configText('architectures', `${'{"a":'.repeat(NESTED)}1${'}'.repeat(NESTED)}`)],
    /"architectures"/,
  ],
  ['a list', () => [put('config.json', '[]')], /config.json must hold a JSON object/],
];

const weights: readonly Case[] = [
  ['an index that names itself', () => [index({ a: 'model.safetensors.index.json' })], /index/],
  [
    'an index of files elsewhere',
    () => [index({ a: '../../etc/passwd' })],
    /names "..\/..\/etc\/passwd", which is not a .safetensors file/,
  ],
  ['an index that is not a map', () => [index('x')], /"weight_map" in model.safetensors.index.json must map/],
  [
    'an index of a thousand missing files',
    () => [
      index(
        Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`t${at}`, `model-${at}.safetensors`])),
      ),
    ],
    /^model-0.safetensors, .* and 997 more are missing/,
  ],
  [
    'a header as long as numbers can be',
    () => [put('model.safetensors', Buffer.from('ffffffffffffffff', 'hex'))],
    /its header is larger/,
  ],
  [
    'a header of 2^53 bytes',
    () => [put('model.safetensors', Buffer.from('0000000000002000', 'hex'))],
    /its header is larger/,
  ],
  [
    'a header longer than the file',
    () => [put('model.safetensors', Buffer.from('0000000500000000', 'hex'))],
    /header/,
  ],
  [
    'a tensor named as what every object has',
    () => [
      put(
        'model.safetensors',
        encodeSafetensors('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', Buffer.alloc(4)),
      ),
    ],
    /is missing/,
  ],
  [
    'a layer far beyond all others',
    () => [
      put(
        'model.safetensors',
        encodeSafetensors(
          '{"model.layers.999999.mlp.up_proj.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
          Buffer.alloc(4),
        ),
      ),
    ],
    /missing|beyond/,
  ],
  [
    'more bytes than files have',
    () => [
      put(
        'model.safetensors',
        encodeSafetensors(
          '{"lm_head.weight":{"dtype":"F32","shape":[1073741824,1048576],"data_offsets":[0,4503599627370496]}}',
          Buffer.alloc(4),
        ),
      ),
    ],
    /outside of the file/,
  ],
  ['no weights', () => [], /^the folder has no weights/, ['model.safetensors']],
  [
    'a pickle',
    () => [put('pytorch_model.bin', 'x')],
    /^pytorch_model.bin is a pickle, which can run code/,
    ['model.safetensors'],
  ],
];

const tokenizers: readonly Case[] = [
  ['a tokenizer beyond its maximum', () => [put('tokenizer.json', '{', GIB)], /tokenizer.json/],
  [
    'a tokenizer nested without end',
    () => [put('tokenizer.json', `{"model":${'['.repeat(NESTED)}${']'.repeat(NESTED)}}`)],
    /tokenizer.json/,
  ],
  [
    'a normalizer in a normalizer in …',
    () => [
      put(
        'tokenizer.json',
        contentOf('tokenizer.json').replace(
          /"normalizer":\s*null/,
          `"normalizer":${'{"type":"Sequence","normalizers":['.repeat(NESTED)}${']}'.repeat(NESTED)}`,
        ),
      ),
    ],
    /tokenizer/,
  ],
  [
    'a list of tokens',
    () => [put('tokenizer.json', '{"model":{"type":"BPE","vocab":["a"],"merges":[]}}')],
    /tokenizer.json/,
  ],
  [
    'a token with an ID of billions',
    () => [put('tokenizer.json', '{"model":{"type":"BPE","vocab":{"a":4000000000},"merges":[]}}')],
    /ID/,
  ],
  [
    'no tokenizer',
    () => [],
    /^no tokenizer: tokenizer.json or tokenizer.model is needed/,
    ['tokenizer.json', 'tokenizer_config.json'],
  ],
];

const pointers: readonly Case[] = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
].map((name) => [
  `a pointer of Git LFS in place of ${name}`,
  () => [put(name, POINTER)],
  new RegExp(`^"?${name}"? is a Git LFS pointer, not the file: run "?git lfs pull`),
]);

const groups = { 'config.json': configs, weights, tokenizers, pointers };
for (const [title, cases] of Object.entries(groups)) {
  describe(title, () => {
    it.each(cases.map(([what, changed, message, without]) => ({ what, changed, message, without })))(
      '$what',
      async ({ changed, message, without }) => {
        await expect(refused(changed(), without)).rejects.toMatchObject({
          name: 'OllamaError',
          code: 'invalid-request',
          message: expect.stringMatching(message),
        });
      },
    );
  });
}

describe('paths that are not regular files', () => {
  const paths: readonly (readonly [what: string, make: (path: string) => void])[] = [
    ['a folder', (path) => mkdirSync(path)],
    ['a pipe without a writer', (path) => execFileSync('sh', ['-c', 'mkfifo "$0"', path])],
    ['a device without end', (path) => symlinkSync('/dev/zero', path)],
    ['a link to itself', (path) => symlinkSync(path, path)],
    ['a link to nothing', (path) => symlinkSync(join(dirname(path), 'missing'), path)],
  ];
  it.each(paths)('%s ends in an error at once, for each file', async (_, make) => {
    for (const { name } of files) {
      const path = join(root, `path-${made++}`);
      make(path);
      await expect(refused([{ name, path }]), name).rejects.toThrow();
    }
  });
});

it('what every object has can be no setting: a "__proto__" in config.json changes nothing', async () => {
  const plain = await planConversion(files, { type: 'auto' });
  const changed = configText('__proto__', '{"num_hidden_layers": 7, "head_dim": 3, "polluted": true}');
  const planned = await planConversion([...files.filter(({ name }) => name !== 'config.json'), changed], {
    type: 'auto',
  });
  expect(planned.metadata).toEqual(plain.metadata);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});
