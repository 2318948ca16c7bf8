import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { OllamaError } from '../base/errors.ts';
import { Overruns } from './overruns.ts';

const slow = new OllamaError('invalid-request', 'too slow');

describe('Overruns', () => {
  it('knows the same work for a minute, and no other', () => {
    const clock = new FakeClock();
    const overruns = new Overruns(clock);
    overruns.remember(() => 'a', slow);
    expect(overruns.find(() => 'a')).toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining('too slow'),
    });
    expect(overruns.find(() => 'b')).toBeUndefined();
    clock.advance(59_000);
    expect(overruns.find(() => 'a')).toBeDefined();
    clock.advance(2000);
    expect(overruns.find(() => 'a')).toBeUndefined();
  });

  it('does not even look at work while nothing is remembered', () => {
    const overruns = new Overruns(new FakeClock());
    const identity = () => {
      throw new Error('looked');
    };
    expect(overruns.find(identity)).toBeUndefined();
  });

  it('forgets the oldest beyond a thousand', () => {
    const overruns = new Overruns(new FakeClock());
    for (let index = 0; index <= 1000; index++) overruns.remember(() => `${index}`, slow);
    expect(overruns.find(() => '0')).toBeUndefined();
    expect(overruns.find(() => '1000')).toBeDefined();
  });
});
