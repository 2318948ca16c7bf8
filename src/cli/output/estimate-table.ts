import type { EstimateResponse } from '../../api/estimate.ts';
import { humanBytes } from '../../base/human.ts';
import { section } from './model-tables.ts';

/** Formats the memory that a model would use, and whether it is available. */
export function renderEstimate({
  num_ctx: contextLength,
  slots,
  memory,
  available,
  fits,
  speed,
}: EstimateResponse): string {
  const parts = [
    ['weights', memory.weights],
    ['KV cache', memory.kv_cache],
    ['compute', memory.compute],
    ['adapters', memory.adapters],
    ...(memory.projector === undefined ? [] : [['projector', memory.projector] as const]),
    ...(memory.draft === undefined ? [] : [['draft model', memory.draft] as const]),
    ['process', memory.process],
    ['total', memory.total],
    ['available', available],
  ] as const;
  const sizes = parts.map(([, bytes]) => humanBytes(bytes));
  const width = Math.max(...sizes.map(({ length }) => length));
  const rows = parts.map(([name], index) => [name, (sizes[index] ?? '').padStart(width)]);
  const load = [
    ['context', String(contextLength)],
    ['slots', String(slots)],
  ];
  const advice = speed ? `  ${speed.advice}.\n` : '';
  return `${section('Load', load)}${section('Memory', rows)}  ${fits ? 'It fits.' : 'It does not fit.'}\n${advice}`;
}
