import type { GgufFacts } from '../../gguf/facts.ts';
import type { LoadOptions } from '../../protocol/load.ts';

/** Number of elements that the quantized types store together; a head must consist of whole blocks. */
const BLOCK_LENGTH = 32;

export interface KvCacheChoice {
  readonly type: LoadOptions['kvCacheType'];
  /** Why it is not the configured type. */
  readonly warning?: string;
}

/** The configured type of the KV cache, or f16 if llama.cpp cannot use that type. */
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
  return fallBack(type, `the length of this model's heads, ${odd}, is not a multiple of ${BLOCK_LENGTH}`);
}

function fallBack(type: string, reason: string): KvCacheChoice {
  return { type: 'f16', warning: `OLLAMA_KV_CACHE_TYPE=${type} is not used: ${reason}` };
}
