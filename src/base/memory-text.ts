/** Wording of memory errors: sizes in binary units, and advice. */
import { GIB, KIB, MIB } from './units.ts';

/** "1.5 GiB", "12.0 MiB", "0 KiB". */
export function binaryBytes(bytes: number): string {
  const positive = Math.max(0, bytes);
  if (positive >= GIB) return `${(positive / GIB).toFixed(1)} GiB`;
  if (positive >= MIB) return `${(positive / MIB).toFixed(1)} MiB`;
  return `${Math.ceil(positive / KIB)} KiB`;
}

export const memoryAdvice =
  'use a smaller num_ctx, a quantized KV cache (OLLAMA_KV_CACHE_TYPE=q8_0 or q4_0), fewer parallel requests (OLLAMA_NUM_PARALLEL=1) or a smaller model';
