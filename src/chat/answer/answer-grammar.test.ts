import { describe, expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import type { Tool } from '../../api/common.ts';
import { jsonGrammar } from '../../grammar/json-grammar.ts';
import { CompiledSchemas } from '../../grammar/schema/compiled-schemas.ts';
import type { CallSyntax } from '../families/family.ts';
import { type AnswerConstraint, answerGrammar } from './answer-grammar.ts';

const schemas = new CompiledSchemas();
const tool = (name: string): Tool => ({ type: 'function', function: { name } });
const callSyntax: CallSyntax = {
  open: '',
  separator: '\n',
  close: '',
  beforeArguments: (name) => `<${name}>`,
  afterArguments: '</>',
  argumentSyntax: { form: 'json' },
};
const free: AnswerConstraint = { tools: [], toolChoice: 'auto', parallelCalls: true };
const tools = [tool('time'), tool('date')];
const grammarOf = (constraint: Partial<AnswerConstraint>, reading: Parameters<typeof answerGrammar>[1]) =>
  new Gbnf(answerGrammar({ ...free, ...constraint }, reading).grammar ?? '');

describe('answerGrammar', () => {
  it('returns no grammar if nothing is constrained', () => {
    expect(answerGrammar({ ...free, tools }, { callSyntax }).grammar).toBeUndefined();
    expect(answerGrammar({ ...free, tools, toolChoice: 'none' }, { callSyntax }).grammar).toBeUndefined();
  });

  it('is the grammar of the format if there is neither thinking nor a tool', () => {
    expect(answerGrammar({ ...free, format: schemas.anyObject() }, { callSyntax }).grammar).toBe(jsonGrammar);
    expect(grammarOf({ format: schemas.of({ type: 'integer' }) }, {}).accepts('12')).toBe(true);
  });

  it('requires a call, of the named tool if one is named', () => {
    const required = grammarOf({ tools, toolChoice: 'required' }, { callSyntax });
    expect(required.accepts('<time>{}</>')).toBe(true);
    expect(required.accepts('<date>{}</>\n<time>{}</>')).toBe(true);
    expect(required.accepts('Hello')).toBe(false);
    const toolChoice = { type: 'function', function: { name: 'date' } } as const;
    const named = grammarOf({ tools, toolChoice, parallelCalls: false }, { callSyntax });
    expect(named.accepts('<date>{}</>')).toBe(true);
    expect(named.accepts('<time>{}</>')).toBe(false);
    expect(named.accepts('<date>{}</>\n<date>{}</>')).toBe(false);
  });

  it('lets the model think before the call, or the answer in the format', () => {
    const inside = { thinking: { end: '</think>', startsInside: true }, callSyntax };
    const call = grammarOf({ tools, toolChoice: 'required' }, inside);
    expect(call.accepts('so </thin <time>{}</> </think>\n\n<time>{}</>')).toBe(true);
    expect(call.accepts('<time>{}</>')).toBe(false);
    const marks = { start: '<think>', end: '</think>', startsInside: false };
    const value = grammarOf({ format: schemas.of({ type: 'integer' }) }, { thinking: marks });
    expect(value.accepts('12')).toBe(true);
    expect(value.accepts('\n<think>hm</think>\n\n12')).toBe(true);
    expect(value.accepts('<think>hm12')).toBe(false);
  });

  it('accepts the format or a call if both are possible', () => {
    const either = grammarOf({ format: schemas.anyObject(), tools }, { callSyntax });
    expect(either.accepts('{"a":1}')).toBe(true);
    expect(either.accepts('<time>{}</>')).toBe(true);
    expect(either.accepts('Hello')).toBe(false);
  });

  it('explains why a choice cannot be honoured', () => {
    const refusal = (constraint: Partial<AnswerConstraint>, reading = {}) => {
      return () => answerGrammar({ ...free, ...constraint }, reading);
    };
    expect(refusal({ toolChoice: 'required' }, { callSyntax })).toThrow(
      'a call is required, but "tools" is empty',
    );
    expect(refusal({ tools, toolChoice: 'required' })).toThrow(
      'the tool call format of this model is not known',
    );
    const toolChoice = { type: 'function', function: { name: 'x' } } as const;
    expect(refusal({ tools, toolChoice }, { callSyntax })).toThrow('no function named "x"');
  });
});
