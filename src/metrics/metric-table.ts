import { commonRows } from './rows/common-rows.ts';
import { llamaCppRows } from './rows/llamacpp-rows.ts';
import type { MetricRow } from './rows/metric-row.ts';
import { ownRows } from './rows/own-rows.ts';
import { upstreamRows } from './rows/upstream-rows.ts';
import { vllmRows } from './rows/vllm-rows.ts';

export interface TableOptions {
  /** Whether to add the metrics of llama.cpp's server. */
  readonly llamaCpp: boolean;
}

/** Every metric, in the order of the page. */
export function metricTable({ llamaCpp }: TableOptions): readonly MetricRow[] {
  return [...vllmRows, ...ownRows, ...upstreamRows, ...commonRows, ...(llamaCpp ? llamaCppRows : [])];
}
