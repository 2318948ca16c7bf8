import type { GgufFacts } from '../../gguf/facts.ts';
import type { LoadOptions } from '../../protocol/load.ts';

/** Elements that the quantized types store together; a head must consist of whole blocks. */
const BLOCK_LENGTH = 32;

export interface KvCacheChoice {
  readonly type: LoadOptions['kvCacheType'];
  /** Why it is not the type that was asked for. */
  readonly warning?: string;
}

/** The wanted type of the KV cache, or f16 where llama.cpp could not use it. */
export function chooseKvCacheType(
  wanted: Pick<LoadOptions, 'kvCacheType' | 'flashAttention'>,
  { keyLength, valueLength }: Pick<GgufFacts, 'keyLength' | 'valueLength'>,
): KvCacheChoice {
  const { kvCacheType: type, flashAttention } = wanted;
  if (type === 'f16') return { type };
  if (flashAttention === 'off') {
    return fallBack(type, 'it needs flash attention, which OLLAMA_FLASH_ATTENTION turns off');
  }
  const odd = [keyLength, valueLength].find((length) => length % BLOCK_LENGTH !== 0);
  if (odd === undefined) return { type };
  return fallBack(type, `the length of this model's heads, ${odd}, is no multiple of ${BLOCK_LENGTH}`);
}

function fallBack(type: string, reason: string): KvCacheChoice {
  return { type: 'f16', warning: `OLLAMA_KV_CACHE_TYPE=${type} is not used: ${reason}` };
}
