import { describe, expect, it } from 'vitest';
import { parseArguments } from './parse-arguments.ts';

const command = {
  arity: { min: 1, max: 2 },
  flags: {
    file: { type: 'string', short: 'f', help: '' },
    verbose: { type: 'boolean', help: '' },
    think: { type: 'string', optionalValue: 'true', help: '' },
  },
} as const;

const parse = (...argv: string[]) => parseArguments(command, argv);

describe('parseArguments', () => {
  it('accepts flags before, between and after the arguments', () => {
    expect(parse('-f', 'Modelfile', 'one', '--verbose', 'two')).toMatchObject({
      positionals: ['one', 'two'],
      flags: { file: 'Modelfile', verbose: true },
    });
  });

  it('accepts values after "=", which can turn booleans off', () => {
    expect(parse('--file=x', '--verbose=false', 'a').flags).toMatchObject({ file: 'x', verbose: false });
  });

  it('accepts a flag with an optional value alone, without consuming the next argument', () => {
    expect(parse('--think', 'a')).toMatchObject({ positionals: ['a'], flags: { think: 'true' } });
    expect(parse('--think=high', 'a').flags).toMatchObject({ think: 'high' });
  });

  it('treats everything after "--" as arguments', () => {
    expect(parse('--', '--verbose').positionals).toEqual(['--verbose']);
  });

  it('refuses with the wording that scripts know', () => {
    expect(() => parse('--nope', 'a')).toThrow('unknown flag: --nope');
    expect(() => parse('-x', 'a')).toThrow("unknown shorthand flag: 'x' in -x");
    expect(() => parse('a', '--file')).toThrow('flag needs an argument: --file');
    expect(() => parse('a', '--verbose=maybe')).toThrow(/invalid argument "maybe"/);
    expect(() => parse()).toThrow('accepts between 1 and 2 arg(s), received 0');
    expect(() => parseArguments({ flags: {}, arity: { min: 2, max: 2 } }, ['a'])).toThrow(
      'accepts 2 arg(s), received 1',
    );
    expect(() => parseArguments({ flags: {}, arity: { min: 1 } }, [])).toThrow(
      'requires at least 1 arg(s), only received 0',
    );
  });

  it('accepts --help even if arguments are missing', () => {
    expect(parse('--help').help).toBe(true);
    expect(parse('-h').help).toBe(true);
  });

  it('does not treat inherited property names as flags', () => {
    expect(() => parse('--constructor', 'a')).toThrow('unknown flag: --constructor');
  });
});
