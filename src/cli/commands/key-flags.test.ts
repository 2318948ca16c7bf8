import { describe, expect, it } from 'vitest';
import { createRequestOf } from './key-flags.ts';

describe('the flags of a new key', () => {
  it('become its request', () => {
    const request = createRequestOf('ci', { model: 'qwen*, org/*,', scope: 'generate', rpm: '60' });
    expect(request).toEqual({
      name: 'ci',
      models: ['qwen*', 'org/*'],
      scopes: ['generate'],
      requests_per_minute: 60,
    });
    expect(createRequestOf('ci', {})).toEqual({ name: 'ci' });
  });

  it.each(['', ' ', ','])('never mean every model because a list is empty: "%s"', (model) => {
    expect(() => createRequestOf('ci', { model })).toThrow('--model is empty');
    expect(() => createRequestOf('ci', { scope: model })).toThrow('--scope is empty');
  });
});
