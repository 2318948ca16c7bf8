import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../test/scale.ts';
import { accepts } from '../automaton/automaton.ts';
import { decimalOf, type NumberRange, numberAutomaton } from './number-automaton.ts';

const ROUNDS = rounds({ change: 40, long: 200, nightly: 5000 });
const TIMEOUT_MS = rounds({ change: 20_000, long: 60_000, nightly: 600_000 });

const free = () => undefined;

function isWithin(value: number, { lower, upper, integer }: NumberRange): boolean {
  const aboveLower = !lower || value > lower.value || (value === lower.value && !lower.exclusive);
  const belowUpper = !upper || value < upper.value || (value === upper.value && !upper.exclusive);
  return aboveLower && belowUpper && (!integer || Number.isInteger(value));
}

function randomRange(random: () => number): NumberRange {
  const integer = random() < 0.4;
  const values = [randomNumber(random, integer ? 0 : 2), randomNumber(random, 2)].sort((a, b) => a - b);
  const [lower, upper] = values.map((value) =>
    random() < 0.8 ? { value, exclusive: random() < 0.5 } : undefined,
  );
  return { integer, lower, upper };
}

function randomNumber(random: () => number, digits: number): number {
  return Number(((random() - 0.5) * 10 ** (1 + random() * 3)).toFixed(digits));
}

/** Numbers near the bounds and elsewhere. */
function candidates({ lower, upper }: NumberRange, random: () => number): string[] {
  const bounds = [lower?.value ?? 0, upper?.value ?? 0];
  const near = bounds.flatMap((value) => [0, 1, -1, 0.01, -0.001, -2 * value].map((step) => value + step));
  const anywhere = [0, 1, 3].map((digits) => randomNumber(random, digits));
  return [...near, ...anywhere].map((value) => String(Number(value.toFixed(4)) + 0));
}

describe('the automaton of a range of numbers', () => {
  it('accepts exactly the numbers within the bounds', { timeout: TIMEOUT_MS }, () => {
    const random = seededRandom(seedFrom(3));
    const counts = { inside: 0, outside: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const range = randomRange(random);
      const automaton = numberAutomaton(range, free);
      for (const text of candidates(range, random)) {
        const expected = isWithin(Number(text), range);
        counts[expected ? 'inside' : 'outside']++;
        expect(accepts(automaton, text), `${text} in ${JSON.stringify(range)}`).toBe(expected);
      }
    }
    expect(Math.min(counts.inside, counts.outside)).toBeGreaterThan(ROUNDS);
  });

  it('ignores trailing zeros and refuses texts that are not JSON numbers', () => {
    const half = { value: 0.5, exclusive: false };
    const automaton = numberAutomaton({ integer: false, lower: half, upper: half }, free);
    expect(['0.5', '0.50', '0.5000'].every((text) => accepts(automaton, text))).toBe(true);
    for (const text of ['.5', '00.5', '0.5.', '-0.5', '0.51', '0.4999', '', '5e-1'])
      expect(accepts(automaton, text), text).toBe(false);
  });
});

describe('the digits of a double', () => {
  it.each([
    [0, false, '', ''],
    [-0, false, '', ''],
    [120, false, '120', ''],
    [-1.25, true, '1', '25'],
    [1e21, false, `1${'0'.repeat(21)}`, ''],
    [1.5e-7, false, '', '00000015'],
    [-1.234e22, true, `1234${'0'.repeat(19)}`, ''],
  ])('%d', (value, negative, whole, fraction) => {
    expect(decimalOf(value)).toEqual({ negative, whole, fraction });
  });
});
