import type { Ggml } from '../../../src/engine/graph/ggml.ts';

/** Functions of ggml that allocate something, and those that free it. */
const pairs = {
  init: 'free',
  allocateContext: 'freeBuffer',
  newSchedule: 'freeSchedule',
  cpuBackend: 'freeBackend',
} as const;

type Call = (...parameters: unknown[]) => unknown;

/** ggml, with a count of what is allocated and not freed. */
export function countedGgml(ggml: Ggml): { readonly ggml: Ggml; held(): Readonly<Record<string, number>> } {
  const held: Record<string, number> = {};
  const counted: Record<string, unknown> = { ...ggml };
  for (const [allocate, free] of Object.entries(pairs) as [keyof typeof pairs, keyof Ggml][]) {
    held[allocate] = 0;
    counted[allocate] = counting(ggml[allocate] as Call, () => add(held, allocate, 1));
    counted[free] = counting(ggml[free] as Call, () => add(held, allocate, -1));
  }
  return { ggml: counted as Ggml, held: () => held };
}

function add(held: Record<string, number>, name: string, count: number): void {
  held[name] = (held[name] ?? 0) + count;
}

function counting(call: Call, count: () => void) {
  return (...parameters: unknown[]) => {
    count();
    return call(...parameters);
  };
}
