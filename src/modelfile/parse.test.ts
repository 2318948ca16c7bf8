import { describe, expect, it } from 'vitest';
import { parseModelfile } from './parse.ts';

const commandList =
  'command must be one of "from", "license", "template", "system", "adapter", "draft", "renderer", "parser", ' +
  '"parameter", "message", or "requires"';

describe('commands', () => {
  it('reads every instruction in any letter case', () => {
    const text = [
      'FROM smollm2:135m',
      'from ./mmproj.gguf',
      'License MIT',
      'TEMPLATE {{ .Prompt }}',
      'SYSTEM You are short.',
      'ADAPTER ./lora.gguf',
      'DRAFT ./draft.gguf',
      'RENDERER qwen3-coder',
      'PARSER qwen3-coder',
      'REQUIRES v0.14.0',
      'PARAMETER temperature 0.5',
      'MESSAGE user Hello there',
    ].join('\n');
    expect(parseModelfile(text).commands).toEqual([
      { instruction: 'from', value: 'smollm2:135m' },
      { instruction: 'from', value: './mmproj.gguf' },
      { instruction: 'license', value: 'MIT' },
      { instruction: 'template', value: '{{ .Prompt }}' },
      { instruction: 'system', value: 'You are short.' },
      { instruction: 'adapter', value: './lora.gguf' },
      { instruction: 'draft', value: './draft.gguf' },
      { instruction: 'renderer', value: 'qwen3-coder' },
      { instruction: 'parser', value: 'qwen3-coder' },
      { instruction: 'requires', value: 'v0.14.0' },
      { instruction: 'parameter', name: 'temperature', value: '0.5' },
      { instruction: 'message', role: 'user', value: 'Hello there' },
    ]);
  });

  it('skips comments and blank lines, but keeps a # inside a value', () => {
    const text = '# first\n\n  \t# second\nFROM a # not a comment\n';
    expect(parseModelfile(text).commands).toEqual([{ instruction: 'from', value: 'a # not a comment' }]);
  });

  it('accepts any line end and any blanks around the parts', () => {
    const text = 'FROM  a  \r\n\tPARAMETER\t top_k \t40\r\nMESSAGE  user   hi  ';
    expect(parseModelfile(text).commands).toEqual([
      { instruction: 'from', value: 'a' },
      { instruction: 'parameter', name: 'top_k', value: '40' },
      { instruction: 'message', role: 'user', value: 'hi' },
    ]);
  });
});

describe('values', () => {
  const systemOf = (text: string) => parseModelfile(`FROM a\nSYSTEM ${text}`).commands[1]?.value;

  it.each([
    ['"quoted"', 'quoted'],
    ['"two\nlines"', 'two\nlines'],
    ['"""three "quoted"\nlines\n"""', 'three "quoted"\nlines\n'],
    ['"""one line"""', 'one line'],
    ['""', ''],
    ['""""""', ''],
    ['"inner " quote"', 'inner " quote'],
    ["'single'", "'single'"],
    ['back\\nslash', 'back\\nslash'],
    ['with "quotes" inside', 'with "quotes" inside'],
    ['"  kept  "', '  kept  '],
    ['tab\tinside', 'tab\tinside'],
    ['', ''],
    ['"\u0007 \u{F8FF}"', '\u0007 \u{F8FF}'],
    ['\u00A0"x"\u0000\u00AD', 'x'],
  ])('reads %j', (raw, value) => {
    expect(systemOf(raw)).toBe(value);
    expect(systemOf(`${raw}\n`)).toBe(value);
  });

  it('drops control characters, and keeps joiners and astral characters', () => {
    expect(systemOf('a\u0000b\u0007c \u200D\u{1F469}')).toBe('abc \u200D\u{1F469}');
  });

  it('reads a long value of quoted lines in linear time', () => {
    const value = '"\n'.repeat(200_000);
    // Quadratic time would exceed the limit of the test by far.
    expect(systemOf(`"""\n${value}"""`)).toBe(`\n${value}`);
  });
});

describe('encodings', () => {
  const text = 'FROM a\nSYSTEM grüße 🦙\n';
  const expected = [
    { instruction: 'from', value: 'a' },
    { instruction: 'system', value: 'grüße 🦙' },
  ];

  it('reads UTF-8 with and without a byte order mark', () => {
    expect(parseModelfile(Buffer.from(text)).commands).toEqual(expected);
    expect(parseModelfile(Buffer.from(`\uFEFF${text}`)).commands).toEqual(expected);
    expect(parseModelfile(`\uFEFF${text}`).commands).toEqual(expected);
  });

  it('reads UTF-16 of both byte orders', () => {
    const little = Buffer.from(`\uFEFF${text}`, 'utf16le');
    expect(parseModelfile(little).commands).toEqual(expected);
    expect(parseModelfile(Buffer.from(little).swap16()).commands).toEqual(expected);
  });
});

describe('errors', () => {
  it.each([
    ['', 'no FROM line'],
    ['# only a comment', 'no FROM line'],
    ['SYSTEM hi', 'no FROM line'],
    ['FROM a\n\nBADCOMMAND x', `(line 3): ${commandList}`],
    ['FROM a\r\nFR0M b', `(line 2): ${commandList}`],
    ['FROM a\n"x" y', `(line 2): ${commandList}`],
    ['FROM a\nMESSAGE System hi', '(line 2): message role must be one of "system", "user", or "assistant"'],
    ['FROM a\nMESSAGE bad hi', '(line 2): message role must be one of "system", "user", or "assistant"'],
    ['FROM a\nSYSTEM """open\nnever closed', 'unexpected EOF'],
    ['FROM a\nSYSTEM "', 'unexpected EOF'],
    ['FROM', 'unexpected EOF: FROM'],
    ['FROM a\nPARAMETER temperature', 'unexpected EOF: temperature'],
    ['PARAMETER temperature\nFROM a', '(line 1): temperature has no value'],
    ['FROM a\nPARAMETER num-ctx 1', '(line 2): parameter name "num-" must be letters, digits or "_"'],
  ])('refuses %j', (text, message) => {
    expect(() => parseModelfile(text)).toThrow(
      expect.objectContaining({ message, code: 'invalid-request' }) as Error,
    );
  });
});
