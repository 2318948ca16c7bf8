import { expect, it } from 'vitest';
import { chooseKvCacheType } from './kv-cache-type.ts';

const heads = { keyLength: 64, valueLength: 64 };

it.each(['auto', 'on'] as const)('uses a quantized cache with flash attention %s', (flashAttention) => {
  for (const kvCacheType of ['f16', 'q8_0', 'q4_0'] as const)
    expect(chooseKvCacheType({ kvCacheType, flashAttention }, heads)).toEqual({ type: kvCacheType });
});

it('falls back to f16 without flash attention, and gives the reason', () => {
  expect(chooseKvCacheType({ kvCacheType: 'f16', flashAttention: 'off' }, heads)).toEqual({ type: 'f16' });
  expect(chooseKvCacheType({ kvCacheType: 'q8_0', flashAttention: 'off' }, heads)).toEqual({
    type: 'f16',
    warning: expect.stringMatching(/KV_CACHE_TYPE=q8_0 is not used.*OLLAMA_FLASH_ATTENTION/),
  });
});

it('falls back to f16 if a head does not consist of whole blocks', () => {
  const wanted = { kvCacheType: 'q4_0', flashAttention: 'auto' } as const;
  expect(chooseKvCacheType(wanted, { ...heads, valueLength: 80 })).toEqual({
    type: 'f16',
    warning: expect.stringContaining('80'),
  });
});
