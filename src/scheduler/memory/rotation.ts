import type { AttentionPart } from '../../gguf/block-kind.ts';
import type { ContextShape } from './context-shape.ts';

/** Heads whose length is a multiple of this are rotated before they are quantized (llama.cpp's `attn_rot_k`). */
const ROTATED_LENGTH = 64;

export function isRotated(
  { headLength }: Pick<AttentionPart, 'headLength'>,
  { kvCacheType, isEmbedding }: Pick<ContextShape, 'kvCacheType' | 'isEmbedding'>,
): boolean {
  return kvCacheType !== 'f16' && !isEmbedding && headLength > 0 && headLength % ROTATED_LENGTH === 0;
}
