import { describe, expect, it } from 'vitest';
import { parseMirrors } from './mirror-setting.ts';

const parse = (text: string) => parseMirrors(text, []);

describe('OLLAMA_REGISTRY_MIRRORS', () => {
  it('accepts URLs for the default registry and host=URL for others, and keeps their order', () => {
    const text = 'https://a.example/, Registry.Example:5000=http://10.0.0.5:5000 ,,https://b.example:443';
    expect(parse(text)).toEqual({
      value: [
        'registry.ollama.ai=https://a.example',
        'registry.example:5000=http://10.0.0.5:5000',
        'registry.ollama.ai=https://b.example',
      ],
    });
  });

  it.each([
    'mirror.example',
    'ftp://mirror.example',
    'https://',
    'https://mirror.example/path',
    'https://mirror.example/?q=1',
    'a b=https://mirror.example',
    '=https://mirror.example',
    'registry.example=',
  ])('refuses %s and describes the expected form', (text) => {
    const { value, warning } = parse(`https://good.example,${text}`);
    expect(value).toEqual([]);
    expect(warning).toContain(`"${text}" is neither the URL of a mirror`);
  });

  it('does not quote a password', () => {
    const { value, warning } = parse('https://me:secret@mirror.example');
    expect(value).toEqual([]);
    expect(warning).toContain('an entry with "@"');
    expect(warning).not.toContain('secret');
  });

  it('refuses more than 16 mirrors', () => {
    expect(parse('https://a.example,'.repeat(17)).warning).toContain('more than 16');
    expect(parse('https://a.example,'.repeat(16)).value).toHaveLength(16);
  });
});
