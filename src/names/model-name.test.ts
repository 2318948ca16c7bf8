import { describe, expect, it } from 'vitest';
import { ModelName } from './model-name.ts';

describe('ModelName.parse', () => {
  it.each([
    ['smollm2', 'registry.ollama.ai/library/smollm2:latest', 'smollm2:latest'],
    ['smollm2:135m', 'registry.ollama.ai/library/smollm2:135m', 'smollm2:135m'],
    ['mona/fox:tiny', 'registry.ollama.ai/mona/fox:tiny', 'mona/fox:tiny'],
    ['hf.co/Mona/Fox-GGUF:Q4_K_M', 'hf.co/Mona/Fox-GGUF:Q4_K_M', 'hf.co/Mona/Fox-GGUF:Q4_K_M'],
    ['localhost:5000/mona/fox', 'localhost:5000/mona/fox:latest', 'localhost:5000/mona/fox:latest'],
    ['Registry.Ollama.AI/Library/fox', 'Registry.Ollama.AI/Library/fox:latest', 'fox:latest'],
    ['registry.ollama.ai/mona/fox', 'registry.ollama.ai/mona/fox:latest', 'mona/fox:latest'],
    ['_a.b-c', 'registry.ollama.ai/library/_a.b-c:latest', '_a.b-c:latest'],
  ])('%s', (text, full, short) => {
    const name = ModelName.parse(text);
    expect(name.full).toBe(full);
    expect(name.short).toBe(short);
    expect(name.scheme).toBeUndefined();
  });

  it('keeps the scheme separate from the name', () => {
    const name = ModelName.parse('http://localhost:5000/mona/fox:tiny');
    expect(name).toMatchObject({ scheme: 'http', host: 'localhost:5000' });
    expect(name.full).toBe('localhost:5000/mona/fox:tiny');
  });

  it.each([
    '',
    ':tag',
    'model:',
    '/model',
    'mona/',
    'host//model',
    '//model',
    'a/b/c/d',
    'ftp://host/mona/fox',
    'http:///mona/fox',
    'model@sha256:abc',
    'mo del',
    'modèle',
    'model\n',
    '.model',
    '-model',
    'mo.na/fox',
    'mona/fox:.tag',
    'localhost:5000/fox',
    'x'.repeat(81),
    `${'x'.repeat(81)}/fox`,
    `fox:${'x'.repeat(81)}`,
    `${'x'.repeat(256)}/mona/fox`,
  ])('refuses %j', (text) => {
    expect(ModelName.tryParse(text)).toBeUndefined();
    expect(() => ModelName.parse(text)).toThrow('invalid model name');
  });

  it.each([
    '../../etc/passwd',
    '..',
    '../fox',
    'mona/..',
    '.../mona/fox',
    'a/../fox',
    'fox:..',
    'fox:../x',
    '..\\..\\x',
  ])('refuses %j, which would lead out of the models folder (CVE-2024-39722)', (text) => {
    expect(ModelName.tryParse(text)).toBeUndefined();
  });

  it('accepts the longest valid parts', () => {
    const long = 'x'.repeat(80);
    const text = `https://${'h'.repeat(255)}/${long}/${long}:${long}`;
    expect(ModelName.tryParse(text)?.full).toBe(text.slice('https://'.length));
  });

  it('refuses a huge text at once', () => {
    expect(ModelName.tryParse('a/'.repeat(10_000_000))).toBeUndefined();
  });
});

const official = (text: string) => `registry.ollama.ai/library/${text}`;
const longest = 'x'.repeat(80);

/** Each form of the grammar: the text, and its full name, or undefined if it is not a valid name. */
const forms: readonly (readonly [string, string | undefined])[] = [
  ['a', official('a:latest')],
  ['A', official('A:latest')],
  ['7b', official('7b:latest')],
  ['_', official('_:latest')],
  ['a.', official('a.:latest')],
  ['a-', official('a-:latest')],
  ['a..b', official('a..b:latest')],
  ['llama3.2', official('llama3.2:latest')],
  ['llama3.2:1b-instruct-q4_K_M', official('llama3.2:1b-instruct-q4_K_M')],
  ['a:b', official('a:b')],
  ['a:B', official('a:B')],
  ['a:1', official('a:1')],
  ['a:_', official('a:_')],
  ['a:v1.0', official('a:v1.0')],
  [longest, official(`${longest}:latest`)],
  [`a:${longest}`, official(`a:${longest}`)],
  ['library/a', official('a:latest')],
  ['library/a:b', official('a:b')],
  ['Mona/a', 'registry.ollama.ai/Mona/a:latest'],
  ['mona-1/a', 'registry.ollama.ai/mona-1/a:latest'],
  ['_/a', 'registry.ollama.ai/_/a:latest'],
  [`${longest}/a`, `registry.ollama.ai/${longest}/a:latest`],
  ['h/n/m', 'h/n/m:latest'],
  ['h/n/m:t', 'h/n/m:t'],
  ['H.Example/n/m:t', 'H.Example/n/m:t'],
  ['h:1/n/m', 'h:1/n/m:latest'],
  ['h:5000/n/m:t', 'h:5000/n/m:t'],
  ['127.0.0.1:5000/n/m:t', '127.0.0.1:5000/n/m:t'],
  ['_h/n/m', '_h/n/m:latest'],
  ['hf.co/u/r', 'hf.co/u/r:latest'],
  ['hf.co/u/r:Q8_0', 'hf.co/u/r:Q8_0'],
  ['huggingface.co/u/r-GGUF:IQ4_XS', 'huggingface.co/u/r-GGUF:IQ4_XS'],
  ['http://h/n/m', 'h/n/m:latest'],
  ['https://h/n/m:t', 'h/n/m:t'],
  ['HTTPS://h:443/n/m:t', 'h:443/n/m:t'],
  ['https://registry.ollama.ai/library/a', official('a:latest')],
  ['https://a', undefined],
  ['https://n/a', undefined],
  ['://h/n/m', undefined],
  ['file:///n/m', undefined],
  ['ssh://h/n/m', undefined],
  ['https://user@h/n/m', undefined],
  ['h:/n/m', 'h:/n/m:latest'],
  [':5000/n/m', undefined],
  ['h:5000/m', undefined],
  ['[::1]:5000/n/m', undefined],
  ['a:b:c', undefined],
  ['a::b', undefined],
  ['a:', undefined],
  [':a', undefined],
  ['/', undefined],
  [':', undefined],
  ['a/', undefined],
  ['a/b/', undefined],
  ['a/b/c/', undefined],
  ['/a/b', undefined],
  ['a/b/c/d/e', undefined],
  ['a b', undefined],
  [' a', undefined],
  ['a ', undefined],
  ['a\tb', undefined],
  ['a\0', undefined],
  ['a:\0', undefined],
  ['n\0/a', undefined],
  ['a:-b', undefined],
  ['a:.b', undefined],
  ['-n/a', undefined],
  ['n.n/a', undefined],
  ['n:n/a', undefined],
  ['-h/n/m', undefined],
  ['.h/n/m', undefined],
  ['h?x/n/m', undefined],
  ['h%2f/n/m', undefined],
  ['a%2e%2e', undefined],
  ['a+b', undefined],
  ['a~b', undefined],
  ['a*', undefined],
  ['a\\b', undefined],
  ['!MISSING!', undefined],
  ['a@sha256:0123', undefined],
  [`a@sha256:${'0'.repeat(64)}`, undefined],
  [`n/a:t@sha256:${'0'.repeat(64)}`, undefined],
  ['\u0430', undefined],
  ['l\u0131ama', undefined],
  ['a\u200d', undefined],
  ['\uff0e\uff0e/a', undefined],
  ['n\u2215a', undefined],
  ['a\u202ebc', undefined],
  ['\ud800', undefined],
];

describe('every form of a name', () => {
  it.each(forms)('%j is %j', (text, full) => {
    expect(ModelName.tryParse(text)?.full).toBe(full);
    if (full === undefined) expect(() => ModelName.parse(text)).toThrow('invalid model name');
    else expect(ModelName.parse(ModelName.parse(text).short).full.toLowerCase()).toBe(full.toLowerCase());
  });
});

describe('ModelName.equals', () => {
  it('ignores letter case and scheme', () => {
    const name = ModelName.parse('http://host/Mona/Fox:Tiny');
    expect(name.equals(ModelName.parse('HOST/mona/fox:TINY'))).toBe(true);
    expect(name.equals(ModelName.parse('host/mona/fox:large'))).toBe(false);
  });
});
