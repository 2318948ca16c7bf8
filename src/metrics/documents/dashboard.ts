/** The Grafana dashboard in packaging/, made from the table of metrics: a panel for each, in rows by their source. */
import { metricTable } from '../metric-table.ts';
import type { MetricRow, Source } from '../rows/metric-row.ts';

interface Query {
  readonly expr: string;
  readonly legendFormat: string;
}

interface PanelContent {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  readonly queries: readonly Query[];
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const sectionTitles: Readonly<Record<Source, string>> = {
  live: 'Now',
  runs: 'Requests',
  engine: 'Engine',
  scheduler: 'Models',
  server: 'HTTP and pulls',
  process: 'Machine',
};

/** Grafana divides a dashboard into 24 columns. */
const COLUMNS = 24;
const SUMMARY = { w: 4, h: 4 };
const GRAPH = { w: 8, h: 8 };
const RATE = '$__rate_interval';
const datasource = { type: 'prometheus', uid: '$datasource' };
const quantiles = [0.5, 0.95, 0.99];

/** The dashboard as Grafana imports it. */
export function dashboard(): object {
  const ids = counter();
  const panels: object[] = summary.map((content, index) =>
    panel('stat', content, { ...SUMMARY, x: index * SUMMARY.w, y: 0 }, ids()),
  );
  let y = SUMMARY.h;
  for (const [source, title] of Object.entries(sectionTitles)) {
    const rows = metricTable({ llamaCpp: false }).filter((row) => row.source === source && hasPanel(row));
    panels.push({ type: 'row', title, collapsed: false, panels: [], id: ids(), gridPos: place(0, y) });
    y += 1;
    for (const [index, row] of rows.entries()) {
      const x = (index * GRAPH.w) % COLUMNS;
      if (index > 0 && x === 0) y += GRAPH.h;
      panels.push(panel('timeseries', contentOf(row), { ...GRAPH, x, y }, ids()));
    }
    y += GRAPH.h;
  }
  return {
    uid: 'ollama-ts',
    title: 'Ollama',
    description: 'What an ollama-ts server does: requests, tokens, times, queues, memory and caches.',
    tags: ['ollama'],
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    schemaVersion: 39,
    time: { from: 'now-1h', to: 'now' },
    templating: { list: variables },
    panels,
  };
}

/** Pairs whose parts are never of use alone. */
function hasPanel({ name }: MetricRow): boolean {
  return !name.endsWith('_info');
}

const summary: readonly PanelContent[] = [
  {
    title: 'Requests',
    description: 'Finished requests per second',
    unit: 'reqps',
    queries: [{ expr: `sum(${rate('vllm:request_success_total', ['model_name'])})`, legendFormat: '' }],
  },
  {
    title: 'Output',
    description: 'Generated tokens per second',
    unit: 'short',
    queries: [{ expr: `sum(${rate('vllm:generation_tokens_total', ['model_name'])})`, legendFormat: '' }],
  },
  {
    title: 'First token',
    description: 'Time to the first token that 95 % of the requests stay below',
    unit: 's',
    queries: [{ expr: quantile(0.95, 'vllm:time_to_first_token_seconds', ['model_name']), legendFormat: '' }],
  },
  {
    title: 'Running',
    description: 'Requests that models work on',
    unit: 'none',
    queries: [{ expr: `sum(${selected('vllm:num_requests_running', ['model_name'])})`, legendFormat: '' }],
  },
  {
    title: 'Waiting',
    description: 'Waiting requests',
    unit: 'none',
    queries: [{ expr: `sum(${selected('vllm:num_requests_waiting', ['model_name'])})`, legendFormat: '' }],
  },
  {
    title: 'Reused prompts',
    description: 'Part of the prompt tokens whose state was reused',
    unit: 'percentunit',
    queries: [
      {
        expr: `sum(${rate('vllm:prompt_tokens_cached_total', ['model_name'])}) / (sum(${rate('vllm:prompt_tokens_total', ['model_name'])}) > 0)`,
        legendFormat: '',
      },
    ],
  },
];

const variables = [
  { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
  variable('job', 'Job', ''),
  variable('instance', 'Instance', '{job=~"$job"}'),
  {
    ...variable('model', 'Model', '{job=~"$job"}'),
    query: 'label_values(vllm:prompt_tokens_total{job=~"$job"}, model_name)',
  },
];

function variable(name: string, label: string, selector: string): object {
  return {
    ...{ name, label, type: 'query', datasource, includeAll: true, multi: true, refresh: 2, sort: 1 },
    query: `label_values(ollama_build_info${selector}, ${name})`,
    current: { selected: true, text: ['All'], value: ['$__all'] },
  };
}

function contentOf(row: MetricRow): PanelContent {
  const { name, help: description } = row;
  const labels = row.labels.filter((label) => label !== 'engine');
  if (row.type === 'histogram') {
    const queries = quantiles.map((part) => ({
      expr: quantile(part, name, labels),
      legendFormat: `p${part * 100}`,
    }));
    const mean = {
      expr: `sum(${rate(`${name}_sum`, labels)}) / (sum(${rate(`${name}_count`, labels)}) > 0)`,
      legendFormat: 'mean',
    };
    return { title: name, description, unit: unitOf(name), queries: [...queries, mean] };
  }
  const by = labels.length > 0 ? ` by (${labels.join(', ')})` : '';
  const legendFormat = labels.length > 0 ? labels.map((label) => `{{${label}}}`).join(' ') : '{{instance}}';
  const value = row.type === 'counter' ? rate(name, labels) : selected(name, labels);
  const perSecond = row.type === 'counter' ? `${description}, per second` : description;
  return {
    title: name,
    description: perSecond,
    unit: unitOf(name),
    queries: [{ expr: `sum${by} (${value})`, legendFormat }],
  };
}

function unitOf(name: string): string {
  if (name.endsWith('_perc')) return 'percentunit';
  if (name.endsWith('start_time_seconds')) return 'dateTimeFromNow';
  if (name.endsWith('_seconds')) return 's';
  if (name.endsWith('_bytes')) return 'bytes';
  return name.endsWith('_bytes_total') ? 'Bps' : 'short';
}

/** The series of a metric that the variables of the dashboard select. */
function selected(name: string, labels: readonly string[]): string {
  const model = labels.find((label) => label === 'model' || label === 'model_name');
  return `${name}{job=~"$job", instance=~"$instance"${model ? `, ${model}=~"$model"` : ''}}`;
}

function rate(name: string, labels: readonly string[]): string {
  return `rate(${selected(name, labels)}[${RATE}])`;
}

function quantile(part: number, name: string, labels: readonly string[]): string {
  return `histogram_quantile(${part}, sum by (le) (${rate(`${name}_bucket`, labels)}))`;
}

function panel(type: string, content: PanelContent, gridPos: Place, id: number): object {
  const { title, description, unit, queries } = content;
  return {
    ...{ id, type, title, description, datasource, gridPos },
    targets: queries.map((query, index) => ({ ...query, refId: String.fromCharCode(65 + index) })),
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: type === 'stat' ? statOptions : graphOptions,
  };
}

const statOptions = {
  graphMode: 'area',
  reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
};
const graphOptions = {
  legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
  tooltip: { mode: 'multi', sort: 'desc' },
};

function place(x: number, y: number): Place {
  return { x, y, w: COLUMNS, h: 1 };
}

function counter(): () => number {
  let last = 0;
  return () => ++last;
}
