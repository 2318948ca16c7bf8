import { describe, expect, it } from 'vitest';
import { parseOllamaPart } from './ollama-parts.ts';
import { type Part, planParts } from './part-plan.ts';
import { decodeParts, encodeRecord, RECORD_LENGTH } from './part-state.ts';

const MIB = 1024 * 1024;
const size = 48 * MIB;
const [first, second, third] = planParts(size) as [Part, Part, Part];
const parts: Part[] = [
  { ...first, completed: 16 * MIB, hash: 'a'.repeat(64) },
  { ...second, completed: 5 * MIB },
  { ...third, completed: 16 * MIB, hash: 'b'.repeat(64) },
];
const state = parts.map(encodeRecord).join('');
const completedOf = (text: string, fileSize = size) =>
  decodeParts(text, size, fileSize).map(({ completed }) => completed / MIB);

describe('the state of parts', () => {
  it('is read as it was written, in records of equal length', () => {
    expect(decodeParts(state, size, size)).toEqual(parts);
    expect(state).toHaveLength(3 * RECORD_LENGTH);
  });

  it('loses only the parts whose records are damaged or missing', () => {
    expect(completedOf(state.slice(0, -1))).toEqual([16, 5, 0]);
    expect(completedOf(state.slice(0, 2 * RECORD_LENGTH))).toEqual([16, 5, 0]);
    for (let place = RECORD_LENGTH; place < 2 * RECORD_LENGTH; place += 1) {
      const damaged = `${state.slice(0, place)}x${state.slice(place + 1)}`;
      expect(completedOf(damaged)).toEqual([16, 0, 16]);
    }
    expect(completedOf('')).toEqual([0, 0, 0]);
    expect(completedOf('\0'.repeat(3 * RECORD_LENGTH))).toEqual([0, 0, 0]);
  });

  it('is ignored beyond the end of the data', () => {
    expect(completedOf(state, 47 * MIB)).toEqual([16, 5, 0]);
    expect(completedOf(state, 0)).toEqual([0, 0, 0]);
  });

  it('does not claim more than the part contains', () => {
    expect(completedOf(encodeRecord({ start: 0, end: 16 * MIB, completed: 17 * MIB }))).toEqual([0, 0, 0]);
  });

  it('of a different plan keeps its bytes but not its hashes', () => {
    const wide = encodeRecord({ start: 0, end: 32 * MIB, completed: 20 * MIB, hash: 'c'.repeat(64) });
    expect(completedOf(wide)).toEqual([16, 4, 0]);
    expect(decodeParts(wide, size, size)[0]?.hash).toBeUndefined();
  });
});

describe("Ollama's part files", () => {
  it('state which bytes are on disk', () => {
    expect(parseOllamaPart('{"N":1,"Offset":100,"Size":50,"Completed":20}\n')).toEqual({
      start: 100,
      end: 120,
    });
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"Offset":-1,"Size":5,"Completed":1}',
    '{"Offset":0,"Size":5,"Completed":6}',
  ])('that contain %j are refused', (text) => expect(parseOllamaPart(text)).toBeUndefined());
});
