import { copyFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import { silentLogger } from '../base/logger.ts';
import { mergeFiles } from './merge-files.ts';
import { listUsageFiles, parseFileName } from './usage-files.ts';
import { UsageJournal } from './usage-journal.ts';
import { readUsage } from './usage-reader.ts';
import { encodeRow, noCounts, type UsageRow } from './usage-row.ts';

const DAY = '2026-11-30';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usage-merge-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const row = (changes: Partial<UsageRow> = {}): UsageRow => ({
  day: DAY,
  hour: 12,
  key: '',
  model: 'm',
  ...noCounts,
  requests: 1,
  ...changes,
});

async function requests(): Promise<number> {
  let sum = 0;
  await readUsage(
    folder,
    { from: '2000-01-01', to: '2100-01-01' },
    {
      begin: () => {
        sum = 0;
      },
      take: (read) => {
        sum += read.requests;
      },
      logger: silentLogger,
    },
  );
  return sum;
}

function journal(pieceBytes: number): UsageJournal {
  const clock = new FakeClock();
  clock.setDate(Date.parse(`${DAY}T12:00:00Z`));
  return new UsageJournal({ folder, clock, logger: silentLogger, pieceBytes });
}

describe('full pieces', () => {
  it('are added up, so that a day takes a bounded number of bytes', async () => {
    const writing = journal(1000);
    for (let index = 0; index < 300; index++) {
      writing.add(row({ key: `key_${index % 3}` }));
      await writing.write();
    }
    await writing.close();
    expect(await requests()).toBe(300);
    const files = await listUsageFiles(folder);
    expect(files.length).toBeLessThanOrEqual(2);
    const sums = files.find(({ isSum }) => isSum);
    const lines = (await readFile(join(folder, sums?.name ?? ''), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(1 + 3);
  });
});

describe('merging', () => {
  it('counts every row once, although the process ends before it has removed the sources', async () => {
    const writing = journal(1);
    writing.add(row());
    await writing.write();
    await writing.close();
    expect(await requests()).toBe(1);
    const [sum = ''] = (await readdir(folder)).filter((name) => parseFileName(name)?.isSum);
    const piece = sum.replace('.jsonl', '.1.jsonl');
    await writeFile(join(folder, piece), encodeRow(row()));
    expect(await requests()).toBe(1);
    // A second merge, that of the month, takes the sum and lets the piece alone.
    await copyFile(join(folder, sum), join(folder, 'copy'));
    const month = { folder, target: '2026-11.jsonl', isPast: true };
    await mergeFiles({ ...month, sources: await listUsageFiles(folder) });
    expect(await requests()).toBe(1);
    expect(await readdir(folder)).toEqual(['2026-11.jsonl', 'copy']);
    // And once more after its end before the removal.
    await rename(join(folder, 'copy'), join(folder, sum));
    await writeFile(join(folder, piece), encodeRow(row()));
    expect(await requests()).toBe(1);
    const sources = (await listUsageFiles(folder)).filter(({ name }) => name !== month.target);
    await mergeFiles({ ...month, sources });
    expect(await requests()).toBe(1);
    expect(await readdir(folder)).toEqual(['2026-11.jsonl']);
  });

  it('keeps the largest rows of a past day, and the sum of all', async () => {
    const lines = Array.from({ length: 3000 }, (_, index) =>
      encodeRow(row({ model: `m${index}`, outputTokens: index })),
    );
    await writeFile(join(folder, `${DAY}.00000001.1.jsonl`), lines.join(''));
    const sources = await listUsageFiles(folder);
    await mergeFiles({ folder, target: '2026-11.jsonl', sources, isPast: true });
    const text = await readFile(join(folder, '2026-11.jsonl'), 'utf8');
    expect(text.trimEnd().split('\n').length).toBe(1 + 1000 + 1);
    expect(text).toContain('"m2999"');
    expect(text).not.toContain('"m1999"');
    expect(text).not.toContain('hour');
    expect(await requests()).toBe(3000);
  });

  it('is invisible to a reader at any moment', async () => {
    const random = seededRandom(seedFrom(21));
    for (let round = 0; round < rounds({ change: 5, long: 30, nightly: 200 }); round++) {
      const [one, other] = [journal(2000), journal(1500)];
      const before = await requests();
      let added = 0;
      const reading = (async () => {
        while (added < 60) {
          const atLeast = before + added;
          const seen = await requests();
          expect(seen).toBeGreaterThanOrEqual(atLeast);
          expect(seen).toBeLessThanOrEqual(before + added + 2);
        }
      })();
      while (added < 60) {
        const writer = random() < 0.5 ? one : other;
        writer.add(row({ key: `key_${Math.floor(random() * 3)}` }));
        await writer.write();
        added++;
      }
      await reading;
      await Promise.all([one.close(), other.close()]);
      expect(await requests()).toBe(before + 60);
    }
  });
});
