import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../base/logger.ts';
import { parseTargetType } from '../target-type.ts';
import { knownSpeeds } from './known-speeds.ts';
import type { Processor } from './processor.ts';
import { TypeSpeeds } from './type-speeds.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'type-speeds-'));
  path = join(folder, 'type-speeds.json');
});
afterEach(() => rm(folder, { recursive: true }));

function speedsOf(instructions: Processor['instructions'], { gpu = false, name = 'one' } = {}): TypeSpeeds {
  return new TypeSpeeds({
    path,
    hasGpu: () => gpu,
    logger: silentLogger,
    processor: { name, instructions },
  });
}

describe('without a measurement', () => {
  it('Q4_1 is slow on processors with AVX-512, and the advice names a faster type and its gains', async () => {
    const note = await speedsOf('avx512-vnni').slowness('Q4_1');
    expect(note).toMatchObject({ type: 'Q4_1', source: 'known' });
    expect(note?.decode_gain).toBeGreaterThan(1.2);
    expect(note?.advice).toMatch(/^Q4_1 is slow on this processor: Q4_\w+ .*\(on such processors\)$/);
  });

  it('a GPU or an unknown processor makes no type slow', async () => {
    expect(await speedsOf('avx512-vnni', { gpu: true }).slowness('Q4_1')).toBeUndefined();
    expect(await speedsOf('unknown').slowness('Q4_1')).toBeUndefined();
  });

  it('on ARM, the types without a rearranged form are named, without figures', async () => {
    expect(await speedsOf('arm-dotprod').slowness('Q4_1')).toEqual({
      type: 'Q4_1',
      faster: 'Q4_K_M',
      source: 'known',
      advice: 'Q4_1 has no fast kernel on this processor: Q4_K_M has one',
    });
    expect(await speedsOf('arm-dotprod').slowness('Q5_0')).toMatchObject({ faster: 'Q5_K_M' });
    expect(await speedsOf('arm-dotprod').slowness('Q8_0')).toBeUndefined();
  });

  it('the best type is the usual one where nothing is known', async () => {
    expect(await speedsOf('unknown').best()).toBe('Q4_K_M');
    expect(await speedsOf('avx512-vnni', { gpu: true }).best()).toBe('Q4_K_M');
  });

  it.each(['avx512-vnni', 'avx2'] as const)('the table for %s names types that exist', (instructions) => {
    const names = [...(knownSpeeds(instructions)?.keys() ?? [])];
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(parseTargetType(name).name).toBe(name);
  });
});

describe('a measurement', () => {
  const measured = [
    ['Q4_0', { decode: 10, prefill: 10 }],
    ['Q5_1', { decode: 90, prefill: 400 }],
  ] as const;

  it('takes precedence over what is known', async () => {
    await speedsOf('avx512-vnni').keep('m', measured);
    expect(await speedsOf('avx512-vnni').best()).toBe('Q5_1');
    expect(await speedsOf('avx512-vnni').slowness('Q4_0')).toEqual({
      type: 'Q4_0',
      faster: 'Q5_1',
      decode_gain: 9,
      prefill_gain: 40,
      source: 'measured',
      advice:
        'Q4_0 is slow on this processor: Q5_1 answers 9.0 times as fast and reads prompts 40.0 times as fast (measured on this machine)',
    });
  });

  it('counts only for the processor that was measured', async () => {
    await speedsOf('unknown').keep('m', measured);
    expect(await speedsOf('unknown', { name: 'another' }).best()).toBe('Q4_K_M');
  });

  it.each(['', '{', '[]', '{"processor":"one","model":"m","types":{"Q4_0":{"decode":-1,"prefill":1}}}'])(
    'that is damaged counts as none: %j',
    async (text) => {
      await writeFile(path, text);
      expect(await speedsOf('unknown').best()).toBe('Q4_K_M');
    },
  );

  it('that cannot be read counts as none', async () => {
    await mkdir(path);
    expect(await speedsOf('unknown').best()).toBe('Q4_K_M');
  });
});
