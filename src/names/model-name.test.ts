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

  it('keeps the scheme apart from the name', () => {
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
  ])('refuses %j, which would leave the models folder (CVE-2024-39722)', (text) => {
    expect(ModelName.tryParse(text)).toBeUndefined();
  });

  it('takes the longest valid parts', () => {
    const long = 'x'.repeat(80);
    const text = `https://${'h'.repeat(255)}/${long}/${long}:${long}`;
    expect(ModelName.tryParse(text)?.full).toBe(text.slice('https://'.length));
  });

  it('answers a huge text at once', () => {
    expect(ModelName.tryParse('a/'.repeat(10_000_000))).toBeUndefined();
  });
});

describe('ModelName.equals', () => {
  it('ignores letter case and scheme', () => {
    const name = ModelName.parse('http://host/Mona/Fox:Tiny');
    expect(name.equals(ModelName.parse('HOST/mona/fox:TINY'))).toBe(true);
    expect(name.equals(ModelName.parse('host/mona/fox:large'))).toBe(false);
  });
});
