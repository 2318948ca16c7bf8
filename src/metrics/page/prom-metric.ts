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

/** The lines of one set of labels: the value of a number; the buckets of a histogram, its sum and its count. */
interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly numbers: readonly number[];
}

const HEADER_LINES = 2;
/** What prom-client writes in the place of a number. */
const PLACEHOLDER = '0';

/**
 * Writes one metric with prom-client. Our figures arrive in sums, which its metrics cannot take over, so that only the
 * writing is left to it: it asks a metric for its values, and these come from here. It writes each line once, because a page has
 * thousands of them; later, only the number at the end of the line is new.
 */
export class PromMetric {
  readonly #registry: Registry;
  readonly #row: MetricRow;
  readonly #name: string;
  readonly #state: () => MetricState;
  readonly #valuesOf: (series: Series) => PromValue[];
  /** What prom-client gets when it asks. */
  #asked: readonly PromValue[] = [];
  #header: string | undefined;
  /** The lines of the last page up to their numbers, by the values of their labels. */
  #lines = new Map<string, readonly string[]>();

  constructor(row: MetricRow, state: () => MetricState, format: PageFormat) {
    this.#registry = createRegistry(format);
    // prom-client appends the suffix to counters in this format.
    const isShort = format === 'openMetrics' && row.type === 'counter';
    this.#name = isShort ? row.name.replace(/_total$/, '') : row.name;
    this.#row = row;
    this.#state = state;
    this.#valuesOf = placeholdersOf(row);
    const metric = createMetric(row, this.#name);
    const get = async () => ({ name: this.#name, help: row.help, type: row.type, values: this.#asked });
    // `getForPromString` is how its version 15 asks histograms.
    this.#registry.registerMetric(Object.assign(metric, { get, getForPromString: get }));
  }

  /** The lines of the metric, without a line break at the end. Must not be called again before it has resolved. */
  async text(): Promise<string> {
    const keyed = seriesOf(this.#row, this.#state()).map((series) => ({ series, key: this.#keyOf(series) }));
    const missing = keyed.filter(({ key }) => !this.#lines.has(key));
    if (missing.length > 0 || this.#header === undefined) await this.#learn(missing);
    // What is not on the page any more is forgotten.
    const shown = new Map<string, readonly string[]>();
    let text = this.#header ?? '';
    for (const { series, key } of keyed) {
      const lines = this.#lines.get(key) ?? [];
      shown.set(key, lines);
      for (const [index, line] of lines.entries())
        text += `\n${line}${numberText(series.numbers[index] ?? 0)}`;
    }
    this.#lines = shown;
    return text;
  }

  /** Has prom-client write lines. */
  async #learn(missing: readonly { readonly series: Series; readonly key: string }[]): Promise<void> {
    this.#asked = missing.flatMap(({ series }) => this.#valuesOf(series));
    const written = (await this.#registry.getSingleMetricAsString(this.#name)).split('\n');
    this.#asked = [];
    this.#header = written.splice(0, HEADER_LINES).join('\n');
    for (const { series, key } of missing) {
      const lines = written.splice(0, series.numbers.length);
      this.#lines.set(
        key,
        lines.map((line) => line.slice(0, -PLACEHOLDER.length)),
      );
    }
  }

  #keyOf({ labels }: Series): string {
    return JSON.stringify(Object.entries(labels));
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

function seriesOf(row: MetricRow, state: MetricState): Series[] {
  if (row.type !== 'histogram')
    return row.read(state).map(({ labels, value }) => ({ labels, numbers: [value] }));
  return row.read(state).map(({ labels, tally }) => ({ labels, numbers: bucketNumbers(row.bounds, tally) }));
}

function bucketNumbers(bounds: readonly number[], { counts, sum }: TallySample['tally']): number[] {
  let count = 0;
  const numbers: number[] = [];
  for (let index = 0; index <= bounds.length; index++) {
    count += counts[index] ?? 0;
    numbers.push(count);
  }
  numbers.push(sum, count);
  return numbers;
}

/** The values of a series without their numbers, in the order of these. */
function placeholdersOf(row: MetricRow): (series: Series) => PromValue[] {
  const value = Number(PLACEHOLDER);
  if (row.type !== 'histogram') return ({ labels }) => [{ labels, value }];
  const buckets = [...row.bounds.map(boundText), '+Inf'].map((le) => ({ le }));
  return ({ labels: sharedLabels }) => [
    ...buckets.map((labels) => ({ labels, sharedLabels, value, metricName: `${row.name}_bucket` })),
    { labels: noLabels, sharedLabels, value, metricName: `${row.name}_sum` },
    { labels: noLabels, sharedLabels, value, metricName: `${row.name}_count` },
  ];
}

/** As prom-client writes a number. */
function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'Nan';
  return value > 0 ? '+Inf' : '-Inf';
}

const noLabels = {};

/** As vLLM writes a bound, which its dashboards name: always with a fraction. */
function boundText(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}
