/** Metrics of the servers that answer for models. */
import type { MetricRow } from './metric-row.ts';

export const upstreamRows: readonly MetricRow[] = [
  {
    ...{ name: 'ollama_upstream_up', type: 'gauge', labels: ['upstream'], source: 'process' },
    help: 'Whether an upstream gets requests: 1, or 0 while it is out of use after failures',
    read: ({ live }) =>
      live.upstreams().map(({ name, state }) => ({
        labels: { upstream: name },
        value: state === 'open' ? 0 : 1,
      })),
  },
  {
    ...{ name: 'ollama_upstream_requests_running', type: 'gauge', labels: ['upstream'], source: 'process' },
    help: 'Requests that an upstream answers at present',
    read: ({ live }) =>
      live.upstreams().map(({ name, active }) => ({ labels: { upstream: name }, value: active })),
  },
  {
    ...{
      name: 'ollama_upstream_requests_total',
      type: 'counter',
      labels: ['upstream', 'result'],
      source: 'process',
    },
    help: 'Requests to an upstream that ended: answered, refused, failed or canceled',
    read: ({ live }) =>
      live
        .upstreams()
        .flatMap(({ name, results }) =>
          Object.entries(results).map(([result, value]) => ({ labels: { upstream: name, result }, value })),
        ),
  },
];
