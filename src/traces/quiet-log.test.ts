import { expect, it } from 'vitest';
import type { LogFields } from '../base/logger.ts';
import { silentLogger } from '../base/logger.ts';
import { QuietLog } from './quiet-log.ts';

it('writes one line a minute, and how many it has left out', () => {
  const lines: (LogFields | undefined)[] = [];
  let now = 0;
  const log = new QuietLog({ ...silentLogger, warn: (_, fields) => lines.push(fields) }, { now: () => now });
  for (now = 0; now < 150_000; now += 100) log.warn('away', { now });
  expect(lines).toEqual([
    { now: 0 },
    { now: 60_000, similarLines: 599 },
    { now: 120_000, similarLines: 599 },
  ]);
});
