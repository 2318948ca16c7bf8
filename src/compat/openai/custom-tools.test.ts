import { describe, expect, it } from 'vitest';
import { customArguments, customFunction, customInput, isShownOnly } from './custom-tools.ts';

const call = (given: Record<string, unknown>) => ({ function: { name: 'patch', arguments: given } });
const grammar = (syntax: string, definition: string) => ({ syntax, definition });

describe('a custom tool', () => {
  it('is offered as a function of one text', () => {
    expect(customFunction({ name: 'patch', description: 'Apply a patch' })).toEqual({
      type: 'function',
      function: {
        name: 'patch',
        description: 'Apply a patch',
        parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
      },
    });
  });

  it('shows a grammar to the model, in the form of either API', () => {
    const lark = grammar('lark', 'start: "x"');
    for (const format of [
      { type: 'grammar', ...lark },
      { type: 'grammar', grammar: lark },
    ]) {
      const { description } = customFunction({ name: 'patch', description: 'Apply', format }).function;
      expect(description).toBe('Apply\nThe input must match this lark grammar:\nstart: "x"');
      expect(isShownOnly(format)).toBe(true);
    }
  });

  it('demands that a regular expression matches all of the input', () => {
    const format = { type: 'grammar', ...grammar('regex', 'a|b') };
    expect(customFunction({ name: 'patch', format }).function.parameters).toMatchObject({
      properties: { input: { type: 'string', pattern: '^(?:a|b)$' } },
    });
    expect(isShownOnly(format)).toBe(false);
  });

  it('takes a format that it does not know as any text', () => {
    for (const format of [{ type: 'text' }, { type: 'grammar' }, { type: 'grammar', syntax: 1 }, 'x']) {
      expect(customFunction({ name: 'patch', format }).function.parameters).toMatchObject({
        properties: { input: { type: 'string' } },
      });
    }
  });
});

describe('the input of a call', () => {
  it('survives the way to the model and back', () => {
    expect(customInput(call(customArguments('a "b"\n')))).toBe('a "b"\n');
  });

  it('is what the model wrote, however it named its argument', () => {
    expect(customInput(call({ patch: 'x' }))).toBe('x');
    expect(customInput(call({ input: ['x'] }))).toBe('["x"]');
    expect(customInput(call({ a: 1, b: 2 }))).toBe('{"a":1,"b":2}');
    expect(customInput(call({}))).toBe('');
  });
});
