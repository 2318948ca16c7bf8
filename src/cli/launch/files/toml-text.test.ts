import { describe, expect, it } from 'vitest';
import { TomlText } from './toml-text.ts';

const config = `# mine
profile = "ollama-launch" # old
model = 'gpt-6'
notify = [
  "say", # [profiles.ollama-launch]
  "done",
]
prompt = """
[profiles.ollama-launch]
still the prompt \\"""
"""

[profiles."ollama-launch"] # written by an early version
model = "old"
inline = { a = [1, 2], b = "]" }

# about the next table
[profiles.work]
model = "gpt-6"

[[hooks]]
name = '[x]'
`;

describe('TomlText', () => {
  it('removes a table and an assignment, and leaves every other byte', () => {
    const text = new TomlText(config)
      .removeTable('profiles', 'ollama-launch')
      .removeRootText('profile', 'ollama-launch');
    expect(text.toString()).toBe(
      config
        .replace('profile = "ollama-launch" # old\n', '')
        .replace(/\[profiles\."ollama-launch"\][\s\S]*?"\]" \}\n/, ''),
    );
  });

  it('removes nothing that has another value, another table, or only a similar name', () => {
    const text = new TomlText(config)
      .removeRootText('profile', 'work')
      .removeRootText('name', '[x]')
      .removeTable('profiles')
      .removeTable('hooks', 'name');
    expect(text.toString()).toBe(config);
  });

  it('removes the last table of a file without a line break at its end', () => {
    expect(new TomlText('a = 1\n[b]\r\nc = 2').removeTable('b').toString()).toBe('a = 1\n');
    expect(new TomlText('').removeTable('b').toString()).toBe('');
  });

  it.each([
    ['a', /^line 1: an equals sign is missing$/],
    ['a = 1\n[b\nc = 1', /^line 2: "\]" is missing$/],
    ['a = "secret', /^line 1: a text does not end$/],
    ['a = """secret', /^line 1: a text does not end$/],
    ['a = [1,\n2', /^line 1: a list or table does not end$/],
    ['a = 1 secret', /^line 1: there is more text on the line$/],
    ['= 1', /^line 1: a key is missing$/],
  ])('refuses %j without quoting it', (text, message) => {
    expect(() => new TomlText(text)).toThrow(message);
  });
});
