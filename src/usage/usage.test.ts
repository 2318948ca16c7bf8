import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { permissionsOf } from '../../test/fakes/mode-bits.ts';
import { OllamaError } from '../base/errors.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { Usage } from './usage.ts';
import { addDays, dayOf, HOUR_MS } from './usage-day.ts';

const NOON = Date.UTC(2026, 10, 30, 12);
const TODAY = '2026-11-30';

let folder: string;
let clock: FakeClock;
let warnings: string[];
const open: Usage[] = [];

const logger: Logger = { ...silentLogger, warn: (message) => void warnings.push(message) };

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'usage-')), 'usage');
  clock = new FakeClock();
  clock.setDate(NOON);
  warnings = [];
});
afterEach(async () => {
  for (const usage of open.splice(0)) await usage.close();
  await rm(join(folder, '..'), { recursive: true, force: true });
});

/** One process with the folder. */
async function startUsage(): Promise<Usage> {
  const usage = new Usage({ folder, clock, logger, lock: async () => async () => undefined });
  open.push(usage);
  usage.start();
  return usage;
}

function run(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    requestId: 'req_1',
    kind: 'chat',
    model: 'smol:latest',
    client: 'ann',
    priority: 0,
    asked: {},
    times: { started: 100, granted: 200, ended: 1200 },
    loads: [],
    loadMs: 0,
    prefillMs: 1,
    decodeMs: 2,
    tokens: { prompt: 10, cached: 4, thinking: 2, output: 7 },
    drafts: { drafted: 0, accepted: 0 },
    calls: 0,
    outcome: 'stop',
    ...changes,
  };
}

const report = (usage: Usage, texts: Record<string, string> = {}) =>
  usage.report(usage.parseQuery({ by: 'key,model', ...texts }));

const figures = {
  requests: 1,
  refusals: 0,
  prompt_tokens: 10,
  cached_tokens: 4,
  thinking_tokens: 2,
  output_tokens: 7,
  seconds: 1,
};

describe('usage', () => {
  it('adds up runs by key, model and day', async () => {
    const usage = await startUsage();
    usage.ended(run());
    usage.ended(run({ keyId: 'key_a' }));
    usage.ended(run({ keyId: 'key_a' }));
    usage.ended(run({ keyId: 'key_a', model: 'other:latest' }));
    clock.setDate(NOON + 24 * HOUR_MS);
    usage.ended(run({ keyId: 'key_a' }));
    const { usage: rows, total, from, to } = await report(usage, { by: 'model,day,key' });
    expect([from, to]).toEqual(['2026-11-02', '2026-12-01']);
    expect(rows).toEqual([
      { day: TODAY, key: '', model: 'smol:latest', ...figures },
      { day: TODAY, key: 'key_a', model: 'other:latest', ...figures },
      expect.objectContaining({
        day: TODAY,
        key: 'key_a',
        model: 'smol:latest',
        requests: 2,
        output_tokens: 14,
      }),
      { day: '2026-12-01', key: 'key_a', model: 'smol:latest', ...figures },
    ]);
    expect(total).toMatchObject({ requests: 5, prompt_tokens: 50, seconds: 5 });
    expect((await report(usage, { by: 'day' })).usage.map(({ requests }) => requests)).toEqual([4, 1]);
    expect((await report(usage, { key: 'key_a', model: 'other:latest' })).total).toEqual(figures);
    expect(await report(usage, { by: '', to: TODAY, from: TODAY })).toMatchObject({
      usage: [],
      total: { requests: 4 },
    });
  });

  it('counts refusals apart, and neither loads nor what a limit refused as requests', async () => {
    const usage = await startUsage();
    usage.refused('key_a');
    usage.refused();
    usage.ended(run({ outcome: 'load' }));
    usage.ended(run({ outcome: 'unload' }));
    usage.ended(run({ kind: 'tokenize', outcome: 'done' }));
    usage.ended(run({ outcome: 'refused', error: new OllamaError('forbidden', 'no') }));
    expect((await report(usage)).usage).toMatchObject([
      { key: '', model: '', requests: 0, refusals: 1 },
      { key: 'key_a', model: '', requests: 0, refusals: 1 },
    ]);
    usage.ended(run({ outcome: 'failed', error: new OllamaError('runner-failed', 'crash') }));
    usage.ended(run({ outcome: 'canceled' }));
    expect((await report(usage, { model: 'smol:latest' })).total).toMatchObject({ requests: 2 });
  });

  it('counts a prompt once, whatever number of answers to it was asked for', async () => {
    const usage = await startUsage();
    for (const choice of [0, 1, 2]) usage.ended(run({ choice }));
    const { total } = await report(usage);
    expect(total).toMatchObject({
      requests: 1,
      prompt_tokens: 10,
      cached_tokens: 4,
      output_tokens: 21,
      seconds: 3,
    });
  });

  it('writes within a second, once, and only what was added', async () => {
    const usage = await startUsage();
    for (let index = 0; index < 100; index++) usage.ended(run({ keyId: `key_${index % 2}` }));
    clock.advance(1000);
    await expect.poll(async () => (await linesOf()).length).toBe(2);
    usage.ended(run());
    clock.advance(1000);
    await expect.poll(async () => (await linesOf()).length).toBe(3);
    clock.advance(10_000);
    await usage.close();
    expect(await linesOf()).toHaveLength(3);
    const [name = ''] = await readdir(folder);
    expect(await permissionsOf(join(folder, name), 0o600)).toBe(0o600);
    expect(await permissionsOf(folder, 0o700)).toBe(0o700);
  });

  it('adds up several processes with one folder, and each of them knows the others', async () => {
    const [one, other] = [await startUsage(), await startUsage()];
    one.ended(run());
    other.ended(run());
    await other.close();
    await report(other);
    expect((await report(one)).total.requests).toBe(2);
  });

  it('skips torn lines and those of others, and what is no file', async () => {
    const usage = await startUsage();
    usage.ended(run());
    await report(usage);
    const [name = ''] = await readdir(folder);
    const whole = await readFile(join(folder, name), 'utf8');
    const hostile = [
      whole,
      whole.replace('"requests":1', '"requests":-1'),
      whole.replace('"requests":1', '"requests":1e400'),
      whole.replace(TODAY, '2026-02-31'),
      'null\n[]\n"x"\n{}\n\0\n',
      `${'x'.repeat(3_000_000)}\n`,
      whole,
      whole.slice(0, -20),
    ];
    await writeFile(join(folder, `${TODAY}.00000000.1.jsonl`), hostile.join(''));
    await mkdir(join(folder, `${TODAY}.00000001.1.jsonl`));
    await writeFile(join(folder, 'notes.txt'), whole);
    expect((await report(usage)).total.requests).toBe(3);
    expect(warnings).toEqual(['a file of usage cannot be read; it is left out']);
  });

  it.skipIf(process.getuid?.() === 0 && process.platform !== 'linux')(
    'keeps counting while nothing can be written, says so once, and writes all of it later',
    async () => {
      await writeFile(folder, 'a file in place of the folder');
      const usage = await startUsage();
      const at = warnings.length;
      for (let second = 0; second < 3; second++) {
        usage.ended(run());
        clock.advance(1000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await expect.poll(() => usage.problem).toContain(folder);
      expect(warnings.slice(at)).toHaveLength(1);
      await rm(folder);
      expect((await report(usage)).total.requests).toBe(3);
      expect(usage.problem).toBeUndefined();
      await usage.close();
      expect((await report(await startUsage())).total.requests).toBe(3);
    },
  );

  it('stays bounded whatever keys and models come, and loses no count', async () => {
    const usage = await startUsage();
    for (let index = 0; index < 20_000; index++) usage.ended(run({ model: `m${index}` }));
    for (let index = 0; index < 20_000; index++) usage.ended(run({ keyId: `key_${index}` }));
    usage.ended(run({ model: 'x'.repeat(100_000) }));
    await usage.close();
    expect((await linesOf()).length).toBeLessThan(20_000);
    expect((await report(usage, { by: 'day' })).total.requests).toBe(40_001);
  });

  it('refuses queries that say nothing', async () => {
    const usage = await startUsage();
    const wrong: [Record<string, string>, string][] = [
      [{ from: '2026-13-01' }, '"from" must be a day in UTC'],
      [{ to: 'yesterday' }, '"to" must be a day in UTC'],
      [{ from: '2026-02-31' }, '"from" must be a day in UTC'],
      [{ from: '2026-11-02', to: '2026-11-01' }, 'must not be after'],
      [{ by: 'hour' }, '"by" must list some of day, key, model'],
    ];
    for (const [texts, message] of wrong) expect(() => usage.parseQuery(texts)).toThrow(message);
  });
});

describe('without a folder', () => {
  it('keeps nothing, and reports nothing', async () => {
    const usage = new Usage({ folder: undefined, clock, logger, lock: async () => undefined });
    usage.start();
    usage.ended(run({ keyId: 'key_a' }));
    expect(usage.isKept).toBe(false);
    expect((await usage.report(usage.parseQuery({}))).usage).toEqual([]);
    await usage.close();
    await expect(stat(folder)).rejects.toThrow('ENOENT');
  });
});

describe('past days', () => {
  it('become one file a month, once, and are dropped after 400 days', async () => {
    for (const days of [401, 400, 399, 60, 30, 2, 1]) {
      clock.setDate(Date.parse(addDays(TODAY, -days)) + 60_000);
      const usage = await startUsage();
      usage.ended(run());
      await usage.close();
    }
    clock.setDate(NOON);
    expect((await report(await startUsage(), { from: '2025-01-01' })).total.requests).toBe(7);
    const usage = await startUsage();
    clock.advance(1);
    const months = async () => (await readdir(folder)).filter((name) => /^.{7}\.jsonl$/.test(name));
    await expect.poll(months).toEqual(['2025-10.jsonl', '2026-10.jsonl', '2026-11.jsonl']);
    const { usage: rows } = await report(usage, { from: '2025-01-01', by: 'day' });
    expect(rows.map(({ day, requests }) => [day, requests])).toEqual(
      [399, 60, 30, 2, 1].map((ago) => [addDays(TODAY, -ago), 1]),
    );
  });

  it('are all kept when the clock was set far ahead for a moment', async () => {
    for (const days of [300, 3, 2, 1]) {
      clock.setDate(Date.parse(addDays(TODAY, -days)));
      const usage = await startUsage();
      usage.ended(run());
      await usage.close();
    }
    clock.setDate(Date.UTC(2099, 0, 1));
    const usage = await startUsage();
    usage.ended(run());
    clock.advance(1);
    await usage.close();
    clock.setDate(NOON);
    expect((await report(await startUsage(), { from: '2025-01-01' })).total.requests).toBe(4);
  });

  it('name a day that exists', () => {
    expect(dayOf(Number.POSITIVE_INFINITY)).toBe('9999-12-31');
    expect(dayOf(-1)).toBe('1970-01-01');
  });
});

async function linesOf(): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
}
