import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricState } from '../metric-state.ts';
import type { MetricRow, TallySample } from '../rows/metric-row.ts';

/** The text formats of metrics: Prometheus' own, and OpenMetrics. */
export const pageFormats = {
  prometheus: Registry.PROMETHEUS_CONTENT_TYPE,
  openMetrics: Registry.OPENMETRICS_CONTENT_TYPE,
} as const;
export type PageFormat = keyof typeof pageFormats;

interface PromValue {
  readonly labels: Readonly<Record<string, string>>;
  /** Labels of several values, which are written once. */
  readonly sharedLabels?: Readonly<Record<string, string>>;
  readonly value: number;
  readonly metricName?: string;
}

/**
 * Writes one metric with prom-client. Our figures arrive in sums, which its metrics cannot take over, so that only the
 * writing is left to it: it asks a metric for its values, and these come from the row.
 */
export class PromMetric {
  readonly #registry: Registry;
  readonly #name: string;

  constructor(row: MetricRow, state: () => MetricState, format: PageFormat) {
    this.#registry = createRegistry(format);
    // prom-client appends the suffix to counters in this format.
    const isShort = format === 'openMetrics' && row.type === 'counter';
    this.#name = isShort ? row.name.replace(/_total$/, '') : row.name;
    const metric = createMetric(row, this.#name);
    const read = readerOf(row);
    const values = () => read(state());
    const get = async () => ({ name: this.#name, help: row.help, type: row.type, values: values() });
    // `getForPromString` is how its version 15 asks histograms.
    this.#registry.registerMetric(Object.assign(metric, { get, getForPromString: get }));
  }

  /** The lines of the metric, without a line break at the end. */
  text(): Promise<string> {
    return this.#registry.getSingleMetricAsString(this.#name);
  }
}

function createRegistry(format: PageFormat): Registry {
  const registry: Registry = new Registry();
  if (format === 'openMetrics') registry.setContentType(pageFormats.openMetrics as never);
  return registry;
}

/** prom-client checks names and labels here. */
function createMetric(row: MetricRow, name: string): Counter | Gauge | Histogram {
  const config = { name, help: row.help, labelNames: [...row.labels], registers: [] };
  if (row.type === 'histogram') return new Histogram({ ...config, buckets: [...row.bounds] });
  return row.type === 'counter' ? new Counter(config) : new Gauge(config);
}

/** Whatever stays the same is made once, because a page has thousands of lines. */
function readerOf(row: MetricRow): (state: MetricState) => PromValue[] {
  if (row.type !== 'histogram') return (state) => [...row.read(state)];
  const bounds = [...row.bounds.map(boundText), '+Inf'].map((le) => ({ le }));
  const names = { bucket: `${row.name}_bucket`, sum: `${row.name}_sum`, count: `${row.name}_count` };
  return (state) => row.read(state).flatMap((sample) => bucketsOf(sample, bounds, names));
}

function bucketsOf(
  { labels: sharedLabels, tally }: TallySample,
  bounds: readonly { readonly le: string }[],
  names: { readonly bucket: string; readonly sum: string; readonly count: string },
): PromValue[] {
  let count = 0;
  const values: PromValue[] = bounds.map((labels, index) => {
    count += tally.counts[index] ?? 0;
    return { labels, sharedLabels, value: count, metricName: names.bucket };
  });
  values.push(
    { labels: noLabels, sharedLabels, value: tally.sum, metricName: names.sum },
    { labels: noLabels, sharedLabels, value: count, metricName: names.count },
  );
  return values;
}

const noLabels = {};

/** As vLLM writes a bound, which its dashboards name: always with a fraction. */
function boundText(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}
