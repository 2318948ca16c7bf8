import { describe, expect, it } from 'vitest';
import type { CallerKey } from '../../access/caller-key.ts';
import { emptyPart } from './completion-reader.ts';
import { ThinkingRuns } from './thinking-runs.ts';

const marks = { end: '</think>', startsInside: true };
const key = (id: string) => ({ id }) as CallerKey;
const nobody = { isAdmin: false };

describe('ThinkingRuns', () => {
  it('end the thinking of all answers of a request, and none of another', () => {
    const runs = new ThinkingRuns();
    const [one, two, other] = ['a', 'a', 'b'].map((requestId) => runs.begin({ requestId }));
    one?.run.begun(marks);
    expect(runs.end('a', nobody)).toBe(true);
    expect([one, two, other].map((begun) => begun?.run.signal.aborted)).toEqual([true, true, false]);
  });

  it('say that the answer had begun', () => {
    const runs = new ThinkingRuns();
    const { run } = runs.begin({ requestId: 'a' });
    run.begun(marks);
    run.said({ ...emptyPart, thinking: 'hm' });
    run.said({ ...emptyPart, content: '\n' });
    expect(runs.end('a', nobody)).toBe(true);
    run.said({ ...emptyPart, content: 'The' });
    expect(runs.end('a', nobody)).toBe(false);
  });

  it('refuse a run without thinking, and one that has ended', () => {
    const runs = new ThinkingRuns();
    const { run, end } = runs.begin({ requestId: 'a' });
    run.begun(undefined);
    expect(() => runs.end('a', nobody)).toThrow(expect.objectContaining({ status: 409 }));
    expect(run.signal.aborted).toBe(false);
    end();
    expect(() => runs.end('a', nobody)).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('obey the key of the run and administrators, and show nothing to others', () => {
    const runs = new ThinkingRuns();
    const mine = runs.begin({ requestId: 'a', key: key('mine') });
    const same = runs.begin({ requestId: 'a', key: key('theirs') });
    for (const asker of [{ keyId: 'other', isAdmin: false }, nobody]) {
      expect(() => runs.end('a', asker)).toThrow(expect.objectContaining({ code: 'not-found' }));
    }
    runs.end('a', { keyId: 'mine', isAdmin: false });
    expect([mine.run.signal.aborted, same.run.signal.aborted]).toEqual([true, false]);
    runs.end('a', { keyId: 'boss', isAdmin: true });
    expect(same.run.signal.aborted).toBe(true);
  });
});
