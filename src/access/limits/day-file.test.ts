import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import { permissionsOf } from '../../../test/fakes/mode-bits.ts';
import { type LogFields, silentLogger } from '../../base/logger.ts';
import { openLimits } from './open-limits.ts';
import { DAY_MS } from './utc-day.ts';

const noon = Date.UTC(2026, 4, 31, 12);
const key = { id: 'key_a', name: 'team', limits: { requestsPerDay: 3, tokensPerDay: 100 } };

let folder: string;
let path: string;
let clock: FakeClock;
let warnings: (LogFields | undefined)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'limits-'));
  path = join(folder, 'limits.json');
  clock = new FakeClock();
  clock.setDate(noon);
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = () => {
  const logger = {
    ...silentLogger,
    warn: (_: string, fields?: LogFields) => void warnings.push(fields),
  };
  return openLimits(path, { clock, logger });
};
const used = async () => {
  const { limits } = await open();
  const { requests, tokens } = limits.budgets.standings(key);
  return [requests?.used, tokens?.used];
};

/** Uses something, and writes it. */
async function useSome(): Promise<void> {
  const { limits, close } = await open();
  limits.budgets.countRequest(key);
  const reserved = limits.budgets.reserve(key, { prompt: 10, answer: 40, isExplicit: true });
  if ('answer' in reserved) reserved.settle(30);
  await close();
}

describe('what the keys have used today', () => {
  it('survives a restart, in a file for its owner only', async () => {
    await useSome();
    expect(await used()).toEqual([1, 30]);
    await useSome();
    expect(await used()).toEqual([2, 60]);
    expect(await permissionsOf(path, 0o600)).toBe(0o600);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      date: '2026-05-31',
      keys: { key_a: { requests: 2, tokens: 60 } },
    });
    expect(warnings).toEqual([]);
  });

  it('is written a second after it was used, once for all that was used until then', async () => {
    const { limits } = await open();
    for (let count = 0; count < 3; count++) limits.budgets.countRequest(key);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1000);
    await expect.poll(used).toEqual([3, 0]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is of no use tomorrow, but is kept if the date was set back', async () => {
    await useSome();
    clock.setDate(noon + DAY_MS);
    expect(await used()).toEqual([0, 0]);
    clock.setDate(noon - 40 * DAY_MS);
    expect(await used()).toEqual([1, 30]);
  });

  it('writes nothing for keys whose days are not limited', async () => {
    const { limits, close } = await open();
    limits.budgets.countRequest({ ...key, limits: { requestsPerMinute: 5 } });
    expect(clock.pendingTimers).toBe(0);
    await close();
    expect(() => statSync(path)).toThrow('ENOENT');
  });
});

describe('a broken file', () => {
  const contents: readonly (readonly [name: string, write: () => unknown])[] = [
    ['empty', () => writeFileSync(path, '')],
    ['cut off', () => writeFileSync(path, '{"date":"2026-05-31","keys":{"key_a":{"req')],
    ['of another form', () => writeFileSync(path, '[1]')],
    ['with negative counts', () => writeFileSync(path, fileWith({ requests: -5, tokens: 0 }))],
    ['with broken counts', () => writeFileSync(path, fileWith({ requests: 1.5, tokens: 0 }))],
    ['with a wrong date', () => writeFileSync(path, '{"date":"today","keys":{}}')],
    ['huge', () => writeFileSync(path, Buffer.alloc(17 * 1024 * 1024, ' '))],
    ['a named pipe', () => execFileSync('sh', ['-c', 'mkfifo "$0"', path])],
  ];
  const fileWith = (use: object) => JSON.stringify({ date: '2026-05-31', keys: { key_a: use } });

  it.each(contents)('(%s) is reported and replaced', async (_, write) => {
    write();
    expect(await used()).toEqual([0, 0]);
    expect(warnings).toHaveLength(1);
    await useSome();
    expect(await used()).toEqual([1, 30]);
  });

  it('(names of our objects) changes nothing else', async () => {
    writeFileSync(
      path,
      '{"date":"2026-05-31","keys":{"__proto__":{"requests":1,"tokens":1},"constructor":{"requests":1,"tokens":2}}}',
    );
    expect(await used()).toEqual([0, 0]);
  });

  it('cannot be written where there is a folder, and limits hold all the same', async () => {
    execFileSync('mkdir', [path]);
    await useSome();
    const { limits } = await open();
    for (let count = 0; count < 3; count++) expect(limits.budgets.countRequest(key)).toBeUndefined();
    expect(limits.budgets.countRequest(key)).toMatchObject({ kind: 'requests' });
    expect(warnings.length).toBeGreaterThan(1);
  });
});
