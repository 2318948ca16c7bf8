import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { IgnoredParts } from '../../api/ignored-parts.ts';
import { requestObject } from '../../api/request-object.ts';
import { askedThinking, thinkingFields } from './thinking-fields.ts';

const schema = requestObject(thinkingFields);
function asked(body: object) {
  const ignored = new IgnoredParts();
  return { ...askedThinking(z.parse(schema, body), ignored), ignored: ignored.names };
}

describe('thinking', () => {
  it.each([
    { think: false },
    { think: 'none' },
    { think: 'false' },
    { enable_thinking: false },
    { thinking: { type: 'disabled' } },
    { thinking: false },
    { reasoning: { effort: 'none' } },
    { reasoning: { effort: 'NONE' } },
    { reasoning: { enabled: false } },
    { reasoning_effort: 'None' },
    { chat_template_kwargs: { enable_thinking: false } },
    { chat_template_kwargs: { thinking: false } },
  ])('is turned off by %j', (body) => {
    expect(asked(body)).toEqual({ think: false, ignored: [] });
  });

  it.each([
    [{ think: true }, true, 'think'],
    [{ think: 'high' }, 'high', 'think'],
    [{ enable_thinking: true }, true, 'enable_thinking'],
    [{ thinking: { type: 'enabled' } }, true, 'thinking.type'],
    [{ reasoning: { enabled: true } }, true, 'reasoning.enabled'],
    [{ reasoning: { effort: 'Minimal' } }, 'low', 'reasoning.effort'],
    [{ reasoning_effort: 'HIGH' }, 'high', 'reasoning_effort'],
    [{ reasoning_effort: ' xhigh ' }, 'max', 'reasoning_effort'],
    [{ chat_template_kwargs: { enable_thinking: true } }, true, 'chat_template_kwargs.enable_thinking'],
  ])('is turned on by %j', (body, think, thinkField) => {
    expect(asked(body)).toEqual({ think, thinkField, ignored: [] });
  });

  it.each([
    {},
    { reasoning_effort: '' },
    { reasoning_effort: 'auto' },
    { reasoning_effort: 'Default' },
    { reasoning_effort: null },
    { thinking: { type: 'adaptive' } },
    { reasoning: {} },
    { reasoning: { effort: '' } },
  ])('is left to the model by %j', (body) => {
    expect(asked(body)).toEqual({ ignored: [] });
  });

  it('is not changed by a word without a meaning, which is named', () => {
    expect(asked({ reasoning_effort: 'much' })).toEqual({ ignored: ['reasoning_effort (much)'] });
    expect(asked({ reasoning_effort: 'much', think: true })).toMatchObject({ think: true });
  });

  it('stays off where fields disagree, and has a level where one says so', () => {
    const off = {
      reasoning_effort: 'high',
      chat_template_kwargs: { enable_thinking: false },
      think_budget: 9,
    };
    expect(asked(off)).toEqual({ think: false, ignored: [] });
    expect(asked({ thinking: { type: 'enabled' }, reasoning: { effort: 'high' } })).toMatchObject({
      think: 'high',
      thinkField: 'reasoning.effort',
    });
  });

  it('has a budget from any of its fields', () => {
    expect(asked({ think_budget: 7 }).think_budget).toBe(7);
    expect(asked({ thinking: { type: 'enabled', budget_tokens: 8 } }).think_budget).toBe(8);
    expect(asked({ reasoning: { max_tokens: 9 } }).think_budget).toBe(9);
    expect(asked({ think_budget: -1, reasoning: { max_tokens: 0 } }).think_budget).toBe(0);
  });
});

describe('arguments of the template', () => {
  it('are passed on, except for those that turn thinking on or off', () => {
    const given = { enable_thinking: false, thinking: 'x', keep_history: true, style: { a: [1] } };
    expect(asked({ chat_template_kwargs: given }).chat_template_kwargs).toEqual({
      thinking: 'x',
      keep_history: true,
      style: { a: [1] },
    });
  });

  it('are bounded in number and size', () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`v${index}`, 1]));
    for (const [given, problem] of [
      [many, 'at most 64 variables'],
      [{ a: 'x'.repeat(70_000) }, 'at most 65536 characters'],
      [[], 'must be an object'],
    ] as const) {
      expect(() => z.parse(schema, { chat_template_kwargs: given })).toThrow(problem);
    }
  });
});
