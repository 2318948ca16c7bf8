import type { EstimateResponse } from '../../api/estimate.ts';

/** Whether a model can be loaded, and at whose expense. */
export type Fit =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'fits' }
  /** Other models are unloaded for it. */
  | { readonly kind: 'evicts'; readonly models: readonly string[] }
  /** It is loaded with other options, and would be loaded again. */
  | { readonly kind: 'reloads' }
  | { readonly kind: 'too-large'; readonly missingBytes: number };

export function fitOf(
  {
    model,
    fits,
    evicts,
    memory,
    available,
  }: Pick<EstimateResponse, 'model' | 'fits' | 'evicts' | 'memory' | 'available'>,
  isLoaded: boolean,
): Fit {
  if (!evicts) return { kind: 'too-large', missingBytes: Math.max(0, memory.total - available) };
  const others = evicts.filter((name) => name !== model);
  if (others.length > 0) return { kind: 'evicts', models: others };
  if (evicts.length > 0) return { kind: 'reloads' };
  if (isLoaded) return { kind: 'loaded' };
  return fits ? { kind: 'fits' } : { kind: 'too-large', missingBytes: memory.total - available };
}

/** A part of a bar, in the units of its width. */
export interface BarPart {
  readonly kind: 'weights' | 'cache' | 'compute' | 'other' | 'free';
  readonly bytes: number;
  readonly from: number;
  readonly width: number;
}

/** The parts of the memory that a model needs, and what is left of what is available. */
export function memoryParts(
  { memory, available }: Pick<EstimateResponse, 'memory' | 'available'>,
  width: number,
): BarPart[] {
  const { weights, kv_cache: cache, compute, total } = memory;
  const bytes = {
    weights,
    cache,
    compute,
    other: Math.max(0, total - weights - cache - compute),
    free: Math.max(0, available - total),
  } as const;
  const scale = width / Math.max(1, total + bytes.free);
  let from = 0;
  const parts: BarPart[] = [];
  for (const kind of ['weights', 'cache', 'compute', 'other', 'free'] as const) {
    const part = { kind, bytes: bytes[kind], from, width: bytes[kind] * scale };
    from += part.width;
    if (part.bytes > 0) parts.push(part);
  }
  return parts;
}
