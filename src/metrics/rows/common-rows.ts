/** Metrics whose names many servers share, vLLM's among them: its dashboards read them too. */
import { httpSeconds } from '../figures/bounds.ts';
import { type ProcessFigures, processFigures } from '../figures/process-figures.ts';
import type { MetricRow, NumberRow } from './metric-row.ts';

function processRow(
  name: string,
  type: NumberRow['type'],
  help: string,
  value: (figures: ProcessFigures) => number | undefined,
): NumberRow {
  return {
    ...{ name, type, help, source: 'process', labels: [] },
    read: () => {
      const found = value(processFigures());
      return found === undefined ? [] : [{ labels: {}, value: found }];
    },
  };
}

export const commonRows: readonly MetricRow[] = [
  {
    name: 'http_requests_total',
    ...{ type: 'counter', labels: ['handler', 'method', 'status'], source: 'server' },
    help: 'HTTP requests by route and class of status, without those that only look at the server',
    read: ({ http }) =>
      [...http.handlers()].flatMap(({ handler, method, statuses }) =>
        [...statuses].map(([status, value]) => ({ labels: { handler, method, status }, value })),
      ),
  },
  {
    name: 'http_request_duration_seconds',
    ...{ type: 'histogram', labels: ['handler', 'method'], source: 'server', bounds: httpSeconds },
    help: 'Time from a request to the end of its reply',
    read: ({ http }) =>
      [...http.handlers()].map(({ handler, method, seconds }) => ({
        labels: { handler, method },
        tally: seconds,
      })),
  },
  processRow(
    'process_cpu_seconds_total',
    'counter',
    'Processor time of the server, without its runners',
    ({ cpuSeconds }) => cpuSeconds,
  ),
  processRow(
    'process_resident_memory_bytes',
    'gauge',
    'Memory of the server, without its runners',
    ({ residentBytes }) => residentBytes,
  ),
  processRow(
    'process_start_time_seconds',
    'gauge',
    'When the server started, in seconds since 1970',
    ({ startedAt }) => startedAt,
  ),
  processRow('process_open_fds', 'gauge', 'Open files of the server', ({ openFiles }) => openFiles),
  processRow('process_max_fds', 'gauge', 'How many files the server may open', ({ maxFiles }) => maxFiles),
];
