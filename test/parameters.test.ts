import { expect, it } from 'vitest';
import { type OptionRule, optionRules } from '../src/api/options/option-table.ts';
import { parseOptions } from '../src/api/options/options.ts';
import { parseParameter } from '../src/modelfile/parameters.ts';

const written: Readonly<Record<OptionRule['type'], string>> = {
  integer: '1',
  float32: '1.0',
  boolean: 'true',
  text: 'root ::= "a"',
  strings: 'some text',
  float32s: '0.5',
  'logit-bias': '{"7": -1, "hello": false}',
};

it.each(Object.entries(optionRules))('PARAMETER %s gives a value that the API accepts', (name, { type }) => {
  const value = parseParameter(name, written[type]);
  expect(Object.keys(parseOptions({ [name]: value }))).toEqual([name]);
});
