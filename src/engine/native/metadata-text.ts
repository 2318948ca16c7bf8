import type { Bindings, Pointer } from './bindings.ts';

/** The longest metadata value read here is an architecture's name. */
const METADATA_BYTES = 256;

/** A value of the model's metadata as text; undefined if the model has no such key. */
export function metadataText(bindings: Bindings, model: Pointer, key: string): string | undefined {
  const bytes = Buffer.alloc(METADATA_BYTES);
  const size = bindings.metadataText(model, key, bytes, bytes.length);
  return size < 0 ? undefined : bytes.toString('utf8', 0, Math.min(size, bytes.length - 1));
}
