import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import type { AuditEntry } from './audit-log.ts';
import { BoundedRefusals } from './bounded-refusals.ts';

let entries: AuditEntry[];
let clock: FakeClock;
let audit: BoundedRefusals;

beforeEach(() => {
  entries = [];
  clock = new FakeClock();
  audit = new BoundedRefusals({ write: (entry) => void entries.push(entry) }, clock);
});

function refuse(times: number, client: Pick<AuditEntry, 'key' | 'address'>) {
  for (let index = 0; index < times; index++)
    audit.write({ action: 'request', result: 'refused', status: 401, ...client });
}

describe('refusals', () => {
  it('of one client get ten lines a minute and one that sums up the rest', () => {
    for (let minute = 1; minute <= 3; minute++) {
      refuse(5000, { address: '10.0.0.1' });
      expect(entries).toHaveLength(10);
      clock.advance(60_000);
      expect(entries.splice(0).at(-1)).toEqual({
        action: 'more-requests',
        result: 'refused',
        address: '10.0.0.1',
        count: 4990,
      });
    }
    clock.advance(600_000);
    expect(entries).toEqual([]);
  });

  it('of another address or key are not left out for them', () => {
    refuse(100, { address: '10.0.0.1' });
    entries.length = 0;
    refuse(10, { address: '10.0.0.2' });
    refuse(10, { address: '10.0.0.1', key: 'key_a' });
    expect(entries).toHaveLength(20);
    audit.endMinute();
    expect(entries.slice(20)).toEqual([expect.objectContaining({ address: '10.0.0.1', count: 90 })]);
  });

  it('of very many addresses share the lines of one client', () => {
    for (let index = 0; index < 100_000; index++) refuse(1, { address: `fd00::${index.toString(16)}` });
    expect(entries).toHaveLength(256 + 10);
    clock.advance(60_000);
    expect(entries.slice(266)).toEqual([{ action: 'more-requests', result: 'refused', count: 99_734 }]);
  });

  it('never leave out a change', () => {
    const results = ['ok', 'begun', 'failed', 'canceled'] as const;
    refuse(1000, { address: '10.0.0.1', key: 'key_a' });
    entries.length = 0;
    for (let index = 0; index < 1000; index++)
      for (const result of results)
        audit.write({ action: 'delete', result, address: '10.0.0.1', key: 'key_a' });
    expect(entries).toHaveLength(4000);
  });
});
