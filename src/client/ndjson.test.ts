import { describe, expect, it } from 'vitest';
import { mutated } from '../../test/fakes/random/mutations.ts';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import { OllamaError } from '../base/errors.ts';
import { readNdjson } from './ndjson.ts';

const STREAMS = rounds({ change: 1000, long: 10_000, nightly: 200_000 });
const TIMEOUT_MS = rounds({ change: 60_000, long: 300_000, nightly: 3_600_000 });
const SEED = seedFrom(8);

async function* inPieces(bytes: Uint8Array, nextLength: () => number) {
  for (let start = 0; start < bytes.length; ) {
    const length = Math.max(1, nextLength());
    yield bytes.subarray(start, start + length);
    start += length;
  }
}

/** The values that were read, and the error that ended the reading. */
async function readAll(body: AsyncIterable<Uint8Array>) {
  const values: unknown[] = [];
  try {
    for await (const value of readNdjson(body)) values.push(value);
    return { values };
  } catch (error) {
    return { values, error };
  }
}

const chunks = [
  { model: 'm', message: { role: 'assistant', content: 'é漢👋\u2028' }, done: false },
  { status: 'pulling', total: 2 ** 40, completed: 1 },
  { model: 'm', response: 'x'.repeat(3000), done: true },
];
const encode = (values: readonly unknown[]) =>
  Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));

describe('readNdjson', () => {
  it.each([1, 2, 3, 7, 4096])('reads the same values from pieces of %i bytes', async (length) => {
    expect(await readAll(inPieces(encode(chunks), () => length))).toEqual({ values: chunks });
  });

  it('reads a last line without an end, and skips empty ones', async () => {
    const body = inPieces(Buffer.from('\n\r\n{"a":1}\n \n{"b":2}'), () => 5);
    expect(await readAll(body)).toEqual({ values: [{ a: 1 }, { b: 2 }] });
  });

  it('refuses a line without an end, before it fills the memory', async () => {
    let sent = 0;
    const endless = (async function* () {
      for (;;) {
        sent += 65_536;
        yield Buffer.alloc(65_536, 'x');
      }
    })();
    expect((await readAll(endless)).error).toMatchObject({ code: 'upstream' });
    expect(sent).toBeLessThan(10_000_000);
  });

  it('looks at each byte of a long line a bounded number of times', async () => {
    let searched = 0;
    const line = Buffer.from(`{"a":"${'x'.repeat(2_000_000)}"}\n`);
    const body = (async function* () {
      for await (const piece of inPieces(line, () => 20)) {
        const counting = new Uint8Array(piece);
        counting.indexOf = (value, from = 0) => {
          searched += counting.length - from;
          return Uint8Array.prototype.indexOf.call(counting, value, from);
        };
        yield counting;
      }
    })();
    expect((await readAll(body)).values).toHaveLength(1);
    expect(searched).toBeLessThan(2 * line.length);
  });

  it(`ends ${STREAMS} damaged streams with values or a known error (seed ${SEED})`, {
    timeout: TIMEOUT_MS,
  }, async () => {
    const random = seededRandom(SEED);
    const outcomes = new Map<string, number>();
    for (let round = 0; round < STREAMS; round += 1) {
      const count = 1 + Math.floor(random() * 6);
      const values = Array.from({ length: count }, () => chunks[Math.floor(random() * chunks.length)]);
      const bytes = mutated(encode(values), random);
      const longest = 1 + Math.floor(random() * 5000);
      const { values: read, error } = await readAll(inPieces(bytes, () => Math.floor(random() * longest)));
      const known = error === undefined || error instanceof SyntaxError || error instanceof OllamaError;
      expect(known, `seed ${SEED}, round ${round}: ${String(error)}`).toBe(true);
      expect(read.length, `seed ${SEED}, round ${round}`).toBeLessThanOrEqual(bytes.length);
      const outcome = error === undefined ? 'read' : 'failed';
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect(outcomes.get('read')).toBeGreaterThan(STREAMS / 50);
    expect(outcomes.get('failed')).toBeGreaterThan(STREAMS / 50);
  });
});
