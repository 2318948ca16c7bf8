import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { OllamaError } from '../base/errors.ts';
import { Overruns } from './overruns.ts';

const work = (text: string) => ({ name: 'task', size: () => text.length, identity: () => text });

const slow = new OllamaError('invalid-request', 'too slow');

describe('Overruns', () => {
  it('knows the same work for a minute, and no other', () => {
    const clock = new FakeClock();
    const overruns = new Overruns(clock);
    overruns.remember(work('a'), slow);
    expect(overruns.find(work('a'))).toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining('too slow'),
    });
    expect(overruns.find(work('b'))).toBeUndefined();
    clock.advance(59_000);
    expect(overruns.find(work('a'))).toBeDefined();
    clock.advance(2000);
    expect(overruns.find(work('a'))).toBeUndefined();
  });

  it('does not even look at work while nothing is remembered', () => {
    const overruns = new Overruns(new FakeClock());
    const identity = () => {
      throw new Error('looked');
    };
    expect(overruns.find({ name: 'task', size: identity, identity })).toBeUndefined();
  });

  it('makes no digest of work of another size', () => {
    const overruns = new Overruns(new FakeClock());
    overruns.remember(work('a'), slow);
    const identity = () => {
      throw new Error('looked');
    };
    expect(overruns.find({ name: 'task', size: () => 2, identity })).toBeUndefined();
    expect(() => overruns.find({ name: 'task', size: () => 1, identity })).toThrow('looked');
  });

  it('forgets the oldest beyond a thousand', () => {
    const overruns = new Overruns(new FakeClock());
    for (let index = 0; index <= 1000; index++) overruns.remember(work(`${index}`), slow);
    expect(overruns.find(work('0'))).toBeUndefined();
    expect(overruns.find(work('1000'))).toBeDefined();
  });
});
