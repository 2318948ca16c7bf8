import { describe, expect, it } from 'vitest';
import { fakeLoadTarget } from '../../test/fakes/scheduler/fake-load-target.ts';
import { PolicyBench } from '../../test/fakes/scheduler/policy-bench.ts';

const a = fakeLoadTarget('a');
const b = fakeLoadTarget('b');

describe('a scheduler that winds down', () => {
  it('refuses only what needs another load', () => {
    const bench = new PolicyBench({ numParallel: 1 });
    const running = bench.ask(a);
    bench.loaded('a');
    const waiting = bench.ask(a);
    bench.send({ type: 'wind-down' });
    expect(bench.rejected.has(bench.ask(b))).toBe(true);
    const again = bench.ask(a, undefined, { again: 'same' });
    bench.release(running);
    bench.release(waiting);
    expect([bench.granted.has(waiting), bench.granted.has(again)]).toEqual([true, true]);
    expect(bench.log).toEqual(['load a']);
  });

  it('loads nothing for the waiting requests of a runner that is lost', () => {
    const bench = new PolicyBench({ numParallel: 1 });
    bench.ask(a);
    bench.loaded('a');
    const waiting = bench.ask(a);
    bench.send({ type: 'wind-down' });
    bench.gone('a');
    expect(bench.rejected.get(waiting)).toMatchObject({ status: 503, message: 'server is shutting down' });
    expect(bench.log).toEqual(['load a']);
  });

  it('serves the waiting requests of a model that was leaving for another one', () => {
    const bench = new PolicyBench({ numParallel: 1, swapMaxWaitMs: 0 }, 10);
    const big = fakeLoadTarget('big', { bytes: 8 });
    const running = bench.ask(big);
    bench.loaded('big');
    const other = bench.ask(fakeLoadTarget('other', { bytes: 8 }));
    const waiting = bench.ask(big);
    expect(bench.instance('big').leavingSince).toBeDefined();
    bench.send({ type: 'wind-down' });
    bench.release(running);
    expect([bench.rejected.has(other), bench.granted.has(waiting)]).toEqual([true, true]);
  });
});
