import { describe, expect, it } from 'vitest';
import { optionRules } from './option-table.ts';
import { optionValue, parseOptions } from './options.ts';

describe('parseOptions', () => {
  it('keeps values of every type', () => {
    const options = {
      mirostat: 2,
      xtc_probability: 0.5,
      ignore_eos: true,
      grammar: 'root ::= "a"',
      banned_strings: ['a', ''],
      logit_bias: { 7: -1 },
    };
    expect(parseOptions(options)).toEqual({ ...options, logit_bias: [[7, -1]] });
  });

  it('accepts both ends of each range and refuses values beyond them, naming the option', () => {
    for (const [name, rule] of Object.entries(optionRules)) {
      if (!('minimum' in rule)) continue;
      const { minimum, maximum } = rule;
      for (const end of [minimum, maximum]) {
        const value = rule.type === 'float32s' ? [end] : end;
        expect(parseOptions({ [name]: value })).toEqual({ [name]: value });
      }
      // Next to 2^63, a difference of one is lost.
      const below = Math.min(minimum - 1, minimum * 2);
      for (const beyond of [below, maximum + maximum + 2, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(() => parseOptions({ [name]: beyond })).toThrow(`option "${name}" must be between`);
      }
    }
  });

  it.each([
    [{ ignore_eos: 1 }, 'option "ignore_eos" must be of type boolean'],
    [{ xtc_threshold: '0.1' }, 'option "xtc_threshold" must be of type float32'],
    [{ min_tokens: [] }, 'option "min_tokens" must be of type integer'],
    [{ grammar: 7 }, 'option "grammar" must be of type string'],
    [{ grammar: 'a\0b' }, 'option "grammar" must not contain the character U+0000'],
    [{ grammar: 'x'.repeat(2 ** 18 + 1) }, 'option "grammar" accepts texts of at most 262144 bytes'],
    [{ dry_sequence_breakers: '\n' }, 'option "dry_sequence_breakers" must be of type array'],
    [{ dry_sequence_breakers: ['é'.repeat(21)] }, 'accepts texts of at most 40 bytes'],
    [{ banned_strings: [1] }, 'option "banned_strings" must be of an array of strings'],
    [{ banned_strings: Array(65).fill('x') }, 'option "banned_strings" accepts at most 64 texts'],
    [{ logit_bias: 'x' }, 'option "logit_bias" must be of type object or array'],
  ])('refuses %j', (options, message) => {
    expect(() => parseOptions(options)).toThrow(message);
  });
});

describe('the defaults of the table', () => {
  it.each(Object.entries(optionRules).filter(([, rule]) => 'default' in rule))(
    'are values that %s accepts',
    (name, rule) => {
      const value = 'default' in rule ? rule.default : undefined;
      expect(parseOptions({ [name]: value })).toEqual({ [name]: value });
    },
  );

  it('apply where an option is absent, and nowhere else', () => {
    expect(optionValue({}, 'temperature')).toBe(0.8);
    expect(optionValue({ temperature: 0 }, 'temperature')).toBe(0);
    expect(optionValue({}, 'stop')).toEqual([]);
  });
});
