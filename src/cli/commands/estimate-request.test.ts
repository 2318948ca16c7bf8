import { describe, expect, it } from 'vitest';
import { estimateRequest } from './estimate-request.ts';

describe('estimateRequest', () => {
  it('contains only the given flags', () => {
    expect(estimateRequest('m', { estimate: true })).toEqual({ model: 'm' });
    expect(estimateRequest('m', { ctx: '4096', slots: '2' })).toEqual({
      model: 'm',
      options: { num_ctx: 4096 },
      slots: 2,
    });
  });

  it.each(['0', '-1', '1.5', 'many', '', '99999999999999999999'])(
    'refuses --ctx %j, naming the flag',
    (ctx) => {
      expect(() => estimateRequest('m', { ctx })).toThrow(
        `--ctx must be a whole number above 0, not "${ctx}"`,
      );
    },
  );
});
