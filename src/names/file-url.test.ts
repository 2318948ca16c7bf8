import { describe, expect, it } from 'vitest';
import { FileUrl, shownUrl } from './file-url.ts';

const nameOf = (text: string) => FileUrl.parse(text)?.name.full;

describe('the name of a file', () => {
  it.each([
    ['https://files.example/models/tiny.gguf', 'files.example/models/tiny:latest'],
    ['https://files.example:8443/a/b/tiny-Q4_K_M.GGUF?sig=x', 'files.example:8443/b/tiny-Q4_K_M:latest'],
    ['https://files.example/tiny.gguf', 'files.example/library/tiny:latest'],
    ['https://files.example/my%20models/a%2Fb%20c.gguf', 'files.example/my_models/a_b_c:latest'],
    ['https://files.example/x/..%2f..%2fetc.gguf', 'files.example/x/_._.._etc:latest'],
    ['http://[::1]:80/x/y.gguf', '_::1_/x/y:latest'],
    ['https://huggingface.co/user/Some-GGUF/resolve/main/Some-Q4_0.gguf', 'hf.co/user/Some-GGUF:Some-Q4_0'],
    ['https://huggingface.co/user/repo.v1/blob/main/sub/f.gguf?download=true', 'hf.co/user/repo.v1:f'],
    ['https://hf.co/user/repo/resolve/0123abc/f.gguf', 'hf.co/user/repo:f'],
    ['https://huggingface.co/user/repo/resolve/main/m-00002-of-00003.gguf', 'hf.co/user/repo:m'],
  ])('%s is %s', (text, name) => {
    expect(nameOf(text)).toBe(name);
  });

  it('is cut and gets a hash, so that two long names differ', () => {
    const [first, second] = ['a', 'b'].map((end) =>
      nameOf(`https://h.example/x/${'m'.repeat(200)}${end}.gguf`),
    );
    expect(first).toMatch(/^h\.example\/x\/m{71}-[0-9a-f]{8}:latest$/);
    expect(first).not.toBe(second);
  });
});

describe('the file to fetch', () => {
  it('is the file itself for a page of Hugging Face that shows it', () => {
    const file = FileUrl.parse('https://hf.co/user/repo/blob/main/f.gguf#top');
    expect(file?.url.href).toBe('https://huggingface.co/user/repo/resolve/main/f.gguf');
  });

  it('is every shard if the URL names one of them', () => {
    const file = FileUrl.parse('https://h.example/x/m-00002-of-00003.gguf?k=1');
    expect(file?.urls.map(String)).toEqual(
      [1, 2, 3].map((number) => `https://h.example/x/m-0000${number}-of-00003.gguf?k=1`),
    );
    expect(() => FileUrl.parse('https://h.example/x/m-00001-of-99999.gguf')?.urls).toThrow('99999 shards');
  });

  it('is shown without its query', () => {
    expect(shownUrl(new URL('https://h.example/x.gguf?token=secret'))).toBe('https://h.example/x.gguf');
  });
});

it.each([
  'llama3.2',
  'hf.co/user/repo:x.gguf',
  'https://h.example/ns/model',
  'https://h.example/.gguf',
  'ftp://h/x.gguf',
])('does not treat %s as the URL of a file', (text) => {
  expect(FileUrl.parse(text)).toBeUndefined();
});

it('refuses a URL with a password, and one that is too long', () => {
  expect(() => FileUrl.parse('https://ada:secret@h.example/x.gguf')).toThrow(/ollama login h\.example/);
  expect(() => FileUrl.parse(`https://h.example/x.gguf?${'a'.repeat(9000)}`)).toThrow('longer than 8192');
});
