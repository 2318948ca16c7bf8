import { describe, expect, it } from 'vitest';
import { Tally } from '../../protocol/tally.ts';
import type { MetricState } from '../metric-state.ts';
import type { HistogramRow, NumberRow, Source } from '../rows/metric-row.ts';
import { MetricsPage } from './metrics-page.ts';
import type { PageFormat } from './prom-metric.ts';

/** The rows below read nothing of the state. */
const state = () => ({}) as MetricState;

function row(
  name: string,
  source: Source,
  value: () => number,
  type: 'counter' | 'gauge' = 'gauge',
): NumberRow {
  return { name, type, labels: [], help: 'Help', source, read: () => [{ labels: {}, value: value() }] };
}

/** A page whose clock runs on by so many milliseconds with each metric that is written. */
function paging(
  rows: readonly (NumberRow | HistogramRow)[],
  millisecondsPerRow = 0,
  format: PageFormat = 'prometheus',
) {
  const clock = { now: 0 };
  const changes = { runs: 0, engine: 0, scheduler: 0, server: 0 };
  const slow = rows.map((each) => ({
    ...each,
    read: (read: MetricState) => {
      clock.now += millisecondsPerRow;
      return each.read(read);
    },
  })) as typeof rows;
  const page = new MetricsPage({ rows: slow, format, state, changes, now: () => clock.now });
  const text = async () => Buffer.concat(await page.chunks()).toString();
  return { clock, changes, text };
}

describe('the page of metrics', () => {
  it('shows live figures as they are now, and others when two seconds have passed', async () => {
    let value = 1;
    const { clock, changes, text } = paging([
      row('live', 'live', () => value),
      row('kept', 'runs', () => value),
    ]);
    expect(await text()).toContain('\nlive 1\n');
    value = 2;
    changes.runs++;
    clock.now = 100;
    expect(await text()).toMatch(/^live 2\n[\s\S]*^kept 1\n/m);
    clock.now = 2000;
    expect(await text()).toMatch(/^live 2\n[\s\S]*^kept 2\n/m);
  });

  it('writes nothing again where nothing has changed', async () => {
    let written = 0;
    const { clock, changes, text } = paging([row('kept', 'engine', () => ++written)]);
    await text();
    clock.now = 60_000;
    changes.runs++;
    expect(await text()).toContain('kept 1');
    changes.engine++;
    expect(await text()).toContain('kept 2');
  });

  it('gets round all metrics within two seconds when it is asked often, a few at each request', async () => {
    const written: number[] = [];
    const rows = Array.from({ length: 40 }, (_, index) =>
      row(`metric_${index}`, 'runs', () => written.push(index)),
    );
    const { clock, changes, text } = paging(rows, 0.1);
    await text();
    const most: number[] = [];
    for (let request = 1; request <= 80; request++) {
      clock.now = request * 50;
      changes.runs++;
      const before = written.length;
      await text();
      most.push(written.length - before);
    }
    expect(Math.max(...most.slice(10))).toBeLessThanOrEqual(5);
    const last = written.slice(-80);
    expect(new Set(last).size).toBe(40);
  });

  it('gives requests of the same moment the same page, written once', async () => {
    let written = 0;
    const { text } = paging([row('live', 'live', () => ++written)]);
    expect(await Promise.all([text(), text(), text()])).toEqual(
      new Array(3).fill(expect.stringContaining('live 1')),
    );
  });

  it('escapes labels, and writes histograms with bounds as vLLM does', async () => {
    const tally = new Tally([0.5, 1]);
    for (const value of [0.2, 0.7, 9]) tally.observe(value);
    const labels = { model: 'a"b\\c\nd' };
    const histogram: HistogramRow = {
      ...{ name: 'h', type: 'histogram', labels: ['model'], help: 'Help', source: 'runs', bounds: [0.5, 1] },
      read: () => [{ labels, tally }],
    };
    const { text } = paging([histogram]);
    const model = 'model="a\\"b\\\\c\\nd"';
    expect((await text()).split('\n')).toEqual([
      '# HELP h Help',
      '# TYPE h histogram',
      `h_bucket{le="0.5",${model}} 1`,
      `h_bucket{le="1.0",${model}} 2`,
      `h_bucket{le="+Inf",${model}} 3`,
      `h_sum{${model}} 9.9`,
      `h_count{${model}} 3`,
      '',
    ]);
  });

  it('has the same lines when it is written again, with new numbers, and forgets series that are gone', async () => {
    const tallies = new Map([['a', new Tally([1])]]);
    const counts = new Map([['x="y"', 1]]);
    const histogram: HistogramRow = {
      ...{ name: 'h', type: 'histogram', labels: ['model'], help: 'Help', source: 'live', bounds: [1] },
      read: () => [...tallies].map(([model, tally]) => ({ labels: { model }, tally })),
    };
    const counter: NumberRow = {
      ...{ name: 'n_total', type: 'counter', labels: ['key'], help: 'Help', source: 'live' },
      read: () => [...counts].map(([key, value]) => ({ labels: { key }, value })),
    };
    const { text } = paging([histogram, counter]);
    await text();
    tallies.get('a')?.observe(0.5);
    tallies.set('b', new Tally([1]));
    counts.set('x="y"', 1e21).set('z', Number.POSITIVE_INFINITY);
    const second = await text();
    expect(second).toBe(await paging([histogram, counter]).text());
    expect(second).toContain(
      'h_bucket{le="1.0",model="a"} 1\nh_bucket{le="+Inf",model="a"} 1\nh_sum{model="a"} 0.5\n',
    );
    expect(second).toContain('n_total{key="x=\\"y\\""} 1e+21\nn_total{key="z"} +Inf\n');
    tallies.delete('a');
    counts.clear();
    const third = await text();
    expect(third).toBe(await paging([histogram, counter]).text());
    expect(third).not.toMatch(/"a"|key=/);
  });

  it('names counters without and with their suffix in OpenMetrics, and ends the page', async () => {
    const { text } = paging([row('things_total', 'runs', () => 4, 'counter')], 0, 'openMetrics');
    expect(await text()).toBe('# HELP things Help\n# TYPE things counter\nthings_total 4\n# EOF\n');
    const { text: plain } = paging([row('things_total', 'runs', () => 4, 'counter')]);
    expect(await plain()).toBe('# HELP things_total Help\n# TYPE things_total counter\nthings_total 4\n');
  });
});
