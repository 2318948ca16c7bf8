import { describe, expect, it } from 'vitest';
import { modelfileContents } from './contents.ts';
import { parseParameter } from './parameters.ts';
import { parseModelfile } from './parse.ts';

const contentsOf = (text: string) => modelfileContents(parseModelfile(text));

describe('repeated instructions', () => {
  it('keeps every FROM, ADAPTER, LICENSE, DRAFT and MESSAGE, and the last of each other instruction', () => {
    const contents = contentsOf(
      [
        'FROM a',
        'FROM b',
        'LICENSE one',
        'LICENSE two',
        'SYSTEM old',
        'SYSTEM new',
        'TEMPLATE t1',
        'TEMPLATE t2',
        'ADAPTER x',
        'ADAPTER y',
        'MESSAGE user hi',
        'MESSAGE assistant ho',
      ].join('\n'),
    );
    expect(contents).toEqual({
      from: ['a', 'b'],
      licenses: ['one', 'two'],
      system: 'new',
      template: 't2',
      adapters: ['x', 'y'],
      drafts: [],
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'ho' },
      ],
      parameters: {},
      warnings: [],
    });
  });

  it('collects stop, and keeps the last value of other parameters', () => {
    const contents = contentsOf(
      'FROM a\nPARAMETER stop x\nPARAMETER stop "y z"\nPARAMETER top_k 1\nPARAMETER top_k 2\nPARAMETER use_mmap false',
    );
    expect(contents.parameters).toEqual({ stop: ['x', 'y z'], top_k: 2, use_mmap: false });
  });

  it('collects every list parameter, and keeps grammars and biases whole', () => {
    const contents = contentsOf(
      [
        'FROM a',
        'PARAMETER dry_sequence_breakers "',
        '"',
        'PARAMETER dry_sequence_breakers :',
        'PARAMETER banned_strings as an AI',
        'PARAMETER logit_bias {"7": -1, "no": false}',
        'PARAMETER grammar """root ::= "a"',
        '  | "b" """',
        'PARAMETER mirostat 2',
      ].join('\n'),
    );
    expect(contents.parameters).toEqual({
      dry_sequence_breakers: ['\n', ':'],
      banned_strings: ['as an AI'],
      logit_bias: { '7': -1, no: false },
      grammar: 'root ::= "a"\n  | "b" ',
      mirostat: 2,
    });
    expect(contents.warnings).toEqual([]);
  });

  it('collects the scales of adapters in order', () => {
    const contents = contentsOf('FROM a\nPARAMETER adapter_scale 0.5\nPARAMETER adapter_scale -1');
    expect(contents.parameters).toEqual({ adapter_scale: [0.5, -1] });
    expect(() => contentsOf('FROM a\nPARAMETER adapter_scale much')).toThrow('invalid float value [much]');
  });
});

describe('REQUIRES', () => {
  it.each([
    ['v0.14.0', '0.14.0'],
    ['0.33.0-rc2', '0.33.0-rc2'],
    ['1', '1'],
    ['1.2', '1.2'],
    ['1.2.3-a.0+b.01', '1.2.3-a.0+b.01'],
  ])('stores %s without the v', (text, version) => {
    expect(contentsOf(`FROM a\nREQUIRES ${text}`).requires).toBe(version);
  });

  it.each(['newest', '', 'vv1', '01.2.3', '1.2-rc', '1.2.3-01', '1.2.3.4'])('refuses %j', (text) => {
    expect(() => contentsOf(`FROM a\nREQUIRES ${text}`)).toThrow(
      'requires must be a valid semver (e.g. 0.14.0)',
    );
  });
});

describe('parameters', () => {
  // An hour if the time grew with the square of the length.
  it('refuse a long text that begins like a number, in time', { timeout: 60_000 }, () => {
    expect(() => contentsOf(`FROM x\nPARAMETER temperature ${'1'.repeat(1_000_000)}x`)).toThrow(
      'invalid float value',
    );
  });

  it('that are deprecated are ignored with a warning', () => {
    const contents = contentsOf('FROM a\nPARAMETER penalize_newline true');
    expect(contents.parameters).toEqual({});
    expect(contents.warnings).toEqual(['warning: parameter penalize_newline is deprecated']);
  });

  it.each([
    ['num_ctx', '4096', 4096],
    ['seed', '-1', -1],
    ['temperature', '0.7', 0.7],
    ['top_p', '1e-1', 0.1],
    ['use_mmap', 'T', true],
    ['use_mmap', '0', false],
  ])('have types: %s %s', (name, text, value) => {
    expect(parseParameter(name, text)).toBe(value);
  });

  it.each([
    ['num_ctx', '1.5', 'invalid int value [1.5]'],
    ['num_ctx', '99999999999999999999', 'invalid int value [99999999999999999999]'],
    ['temperature', 'warm', 'invalid float value [warm]'],
    ['temperature', 'NaN', 'invalid float value [NaN]'],
    ['temperature', '1e39', 'invalid float value [1e39]'],
    ['temperature', '1e999', 'invalid float value [1e999]'],
    ['use_mmap', 'yes', 'invalid bool value [yes]'],
    ['logit_bias', 'x', 'invalid JSON value [x]'],
    ['logit_bias', '7', 'invalid JSON value [7]'],
    ['nonsense', '1', "unknown parameter 'nonsense'"],
    ['constructor', '1', "unknown parameter 'constructor'"],
  ])('are refused: %s %s', (name, text, message) => {
    expect(() => parseParameter(name, text)).toThrow(message);
  });
});
