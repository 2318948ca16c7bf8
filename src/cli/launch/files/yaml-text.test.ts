import { describe, expect, it } from 'vitest';
import { YamlText } from './yaml-text.ts';

const config = `# My agent
model:
  provider: "openrouter" # paid
  default: gpt
toolsets: [cli, web]
anchors: &base
  a: 1
again: *base
`;

describe('YamlText', () => {
  it('changes one value and keeps comments, order, quotes and anchors', () => {
    const text = new YamlText(config).set(['model', 'default'], 'qwen3').set(['model', 'provider'], 'ollama');
    expect(text.toString()).toBe(
      config.replace('gpt', 'qwen3').replace('openrouter', 'ollama').replace('[cli, web]', '[ cli, web ]'),
    );
  });

  it('returns the same text if nothing changes', () => {
    const odd = 'a:   {x:   1}\n\n\n# end';
    expect(new YamlText(odd).set(['a', 'x'], 1).delete(['b']).toString()).toBe(odd);
  });

  it('creates mappings on the way, also in an empty file and in place of null', () => {
    expect(new YamlText('').set(['a', 'b'], [1]).toString()).toBe('a:\n  b:\n    - 1\n');
    expect(new YamlText('a:\n').set(['a', 'b'], 1).get([])).toEqual({ a: { b: 1 } });
    expect(new YamlText('# only a comment\n').set(['a'], 1).get([])).toEqual({ a: 1 });
  });

  it('does not fold long lines', () => {
    const long = `a: ${'word '.repeat(60)}end`;
    expect(new YamlText(long).set(['b'], 1).toString()).toBe(`${long}\nb: 1\n`);
  });

  it.each([
    ['a: [1', /^line 1: not YAML/],
    ['a: 1\nb: - secret', /^line 2: not YAML \([A-Z_]+\)$/],
    ['- 1', /^must be a mapping$/],
    ['a: 1\n---\nb: 2\n', /^must be one document$/],
  ])('refuses %j without quoting it', (text, message) => {
    expect(() => new YamlText(text)).toThrow(message);
  });

  it('refuses to replace what is not a mapping on the way', () => {
    expect(() => new YamlText('a: 1').set(['a', 'b'], 2)).toThrow('"a" must be a mapping');
    expect(() => new YamlText('a: [1]').set(['a', 'b'], 2)).toThrow('"a" must be a mapping');
  });
});
