import { describe, expect, it } from 'vitest';
import { optionRules } from '../../api/options/option-table.ts';
import { optionsSchema } from '../../api/options/options.ts';
import { modelOptions, optionGroups, optionProblem } from './option-fields.ts';

const fields = optionGroups().flatMap(([, all]) => all);

describe('the fields', () => {
  it('are all options of the table, each once', () => {
    expect(fields.map(({ name }) => name).sort()).toEqual(Object.keys(optionRules).sort());
  });

  it('have sliders between valid values, and the default on them', () => {
    const sliders = fields.filter(({ slider }) => slider);
    expect(sliders.length).toBeGreaterThan(15);
    for (const field of sliders) {
      const { from = 1, to = 0 } = field.slider ?? {};
      expect(optionProblem(field, from), field.name).toBeUndefined();
      expect(optionProblem(field, to), field.name).toBeUndefined();
      if (field.default === undefined) continue;
      expect(Number(field.default), field.name).toBeGreaterThanOrEqual(from);
      expect(Number(field.default), field.name).toBeLessThanOrEqual(to);
    }
  });

  it('accept what the server accepts, and refuse what it refuses', () => {
    const values = [
      -1e9,
      -1,
      0,
      0.5,
      1,
      2,
      3.5,
      1e6,
      1e12,
      true,
      'x',
      ['a'],
      [1],
      [1001],
      ['x'.repeat(20_000)],
      Array(300).fill('a'),
    ];
    for (const field of fields.filter(({ kind }) => kind !== 'object')) {
      for (const value of values) {
        const isValid = optionsSchema.safeParse({ [field.name]: value }).success;
        const problem = optionProblem(field, value);
        // The server accepts some values in another form, such as one text in place of a list; the page need not.
        if (problem === undefined) expect(isValid, `${field.name} = ${JSON.stringify(value)}`).toBe(true);
        else if (isValid) expect(['list', 'switch', 'integer'], field.name).toContain(problem.kind);
      }
    }
  });
});

describe('modelOptions', () => {
  it('reads the parameters of a model as /api/show writes them', () => {
    const parameters =
      'temperature                    0.6\nstop    "<|end|>"\nstop   "a b"\nunknown 1\nuse_mmap false';
    expect(modelOptions(parameters)).toEqual({ temperature: 0.6, stop: ['<|end|>', 'a b'], use_mmap: false });
  });

  it('has none for a model without parameters', () => {
    expect(modelOptions(undefined)).toEqual({});
  });
});
