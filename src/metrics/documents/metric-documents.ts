/** The part of docs/metrics.md that `npm run metrics-docs` generates from the table of metrics. */
import { metricTable } from '../metric-table.ts';
import type { MetricRow } from '../rows/metric-row.ts';

/** Every metric as a row of a Markdown table. */
export function metricsTable(): string {
  const rows = metricTable({ llamaCpp: true }).map(
    (row) => `| \`${row.name}\` | ${row.type} | ${labelsOf(row)} | ${row.help} |`,
  );
  return ['| metric | type | labels | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function labelsOf({ labels }: MetricRow): string {
  return labels.map((label) => `\`${label}\``).join(', ');
}
