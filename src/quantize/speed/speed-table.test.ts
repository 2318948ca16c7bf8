import { describe, expect, it } from 'vitest';
import { bestType, bitsOf, fasterType, type SpeedTable } from './speed-table.ts';

const tableOf = (speeds: Record<string, [number, number]>): SpeedTable => ({
  source: 'known',
  speeds: new Map(Object.entries(speeds).map(([name, [decode, prefill]]) => [name, { decode, prefill }])),
});

/** Tokens per second of processor time of a small model on a processor with AVX-512. */
const table = tableOf({
  Q4_0: [130, 530],
  Q4_1: [67, 190],
  Q4_K_M: [93, 358],
  Q8_0: [100, 425],
  F16: [50, 200],
});

describe('a slow type', () => {
  it('is one that a type of as many bits beats clearly', () => {
    const found = fasterType('Q4_1', table);
    expect(found?.name).toBe('Q4_0');
    expect(found?.decodeGain).toBeCloseTo(1.94, 2);
    expect(found?.prefillGain).toBeCloseTo(2.79, 2);
  });

  it('is never advised to give up bits', () => {
    expect(fasterType('Q8_0', table)).toBeUndefined();
    expect(fasterType('F16', table)?.name).toBe('Q8_0');
    expect(fasterType('Q4_0', table)).toBeUndefined();
  });

  it('is not one that is only a little slower', () => {
    expect(fasterType('Q4_1', tableOf({ Q4_1: [90, 400], Q4_0: [100, 450] }))).toBeUndefined();
  });

  it('is unknown outside of the table', () => {
    expect(fasterType('IQ4_XS', table)).toBeUndefined();
    expect(fasterType('constructor', table)).toBeUndefined();
  });
});

describe('the best type', () => {
  it('is the fastest', () => {
    expect(bestType(table)).toBe('Q4_0');
  });

  it('is the most precise of those that are about as fast', () => {
    expect(bestType(tableOf({ Q4_0: [100, 400], Q4_K_M: [95, 390], Q8_0: [60, 300] }))).toBe('Q4_K_M');
    expect(bestType(tableOf({ Q4_0: [100, 400], Q4_K_M: [95, 390], Q8_0: [97, 400] }))).toBe('Q8_0');
  });

  it('has at least four bits and is quantized', () => {
    expect(bestType(tableOf({ Q2_K: [200, 900], Q5_0: [50, 100], F16: [300, 900] }))).toBe('Q5_0');
    expect(bestType(tableOf({ Q2_K: [200, 900] }))).toBeUndefined();
  });
});

it.each([
  ['Q4_K_M', 4],
  ['IQ3_S', 3],
  ['MXFP4', 4],
  ['Q8_0', 8],
  ['BF16', 8],
  ['unknown', 0],
])('%s has %i bits as far as answers are concerned', (name, bits) => {
  expect(bitsOf(name)).toBe(bits);
});
