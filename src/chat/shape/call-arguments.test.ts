import { describe, expect, it } from 'vitest';
import type { ArgumentSyntax } from '../families/family.ts';
import { hermesCallSyntax } from '../families/shared/hermes-calls.ts';
import { argumentsObject, argumentsText } from './call-arguments.ts';
import { callsText } from './call-text.ts';

describe('arguments of calls in the history', () => {
  it.each([
    [{ a: [1, 'x'] }, { a: [1, 'x'] }, '{"a": [1, "x"]}'],
    ['{"a": ', { input: '{"a": ' }, '{"a": '],
    ['[1]', { input: '[1]' }, '[1]'],
    ['*** Begin Patch', { input: '*** Begin Patch' }, '*** Begin Patch'],
    [' ', {}, '{}'],
  ])('%j are carried as an object and as a text', (values, object, text) => {
    expect(argumentsObject(values)).toEqual(object);
    expect(argumentsText(values)).toBe(text);
  });
});

describe('calls as texts', () => {
  const call = (values: Record<string, unknown>) => ({ function: { name: 'f', arguments: values } });
  const pairs = (values: Extract<ArgumentSyntax, { form: 'pairs' }>['values']) => ({
    ...hermesCallSyntax,
    argumentSyntax: {
      form: 'pairs',
      before: (key: string) => `${key}=`,
      after: ';',
      separator: ' ',
      values,
    } as const,
  });
  const argumentsOf = (text: string) => /"arguments": ([^\n]*)\}\n/.exec(text)?.[1];

  it.each([
    [hermesCallSyntax, '{"a": "x", "b": [1]}'],
    [pairs('json'), 'a="x"; b=[1];'],
    [pairs('python'), 'a="x"; b=[1];'],
    [pairs('text'), 'a=x; b=[1];'],
    [pairs({ open: '<', close: '>' }), 'a=<x>; b=[1];'],
  ])('have the syntax of the family: %#', (syntax, expected) => {
    expect(argumentsOf(callsText([call({ a: 'x', b: [1] })], syntax))).toBe(expected);
  });

  it('follow each other as the family writes them', () => {
    const text = callsText([call({}), call({})], hermesCallSyntax);
    expect(text).toBe(
      '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>\n<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>',
    );
  });
});
