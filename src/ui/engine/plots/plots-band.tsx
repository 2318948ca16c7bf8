import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { words } from '../../words/words.ts';
import type { Colours } from '../colours.ts';
import type { WindowLength } from '../engine-bar.tsx';
import type { EngineFeed } from '../engine-feed.ts';
import { useNow } from '../use-now.ts';
import { createPlot, dataOf } from './plot.ts';
import { type PlotSpec, plots } from './plot-table.ts';
import { latestOf, modelsOf, type Series, seriesOf } from './series.ts';

/** The plots have one value a second: a shorter window would show hardly any. */
const SHORTEST_SECONDS = 60;

interface Props {
  readonly feed: EngineFeed;
  readonly length: Signal<WindowLength>;
  readonly colours: Signal<Colours>;
}

/** How fast it is, as small plots of one scale each. */
export function PlotsBand({ feed, length, colours }: Props) {
  const text = words.value.engine;
  feed.changes.points.value;
  const second = Math.floor(useNow(feed) / 1000);
  const model = useSignal('');
  const pointed = useSignal<number | undefined>(undefined);
  const { points } = feed.history;
  const models = modelsOf(points);
  const chosen = models.includes(model.value) ? model.value : undefined;
  const seconds = Math.max(length.value, SHORTEST_SECONDS);
  const series = useMemo(
    () => seriesOf(points, second * 1000, seconds, chosen),
    [points, second, seconds, chosen],
  );
  return (
    <section class="band" aria-labelledby="rates">
      <header>
        <h2 id="rates">{text.rates}</h2>
        {models.length > 1 && (
          <select
            aria-label={text.model}
            value={chosen ?? ''}
            onChange={(event) => {
              model.value = event.currentTarget.value;
            }}
          >
            <option value="">{text.allModels}</option>
            {models.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
      </header>
      <div class="plots">
        {plots.map((spec) => (
          <Plot key={spec.name} spec={spec} series={series} colours={colours} pointed={pointed} />
        ))}
      </div>
    </section>
  );
}

interface PlotProps {
  readonly spec: PlotSpec;
  readonly series: Series;
  readonly colours: Signal<Colours>;
  /** The second under the pointer, in all plots. */
  readonly pointed: Signal<number | undefined>;
}

function Plot({ spec, series, colours, pointed }: PlotProps) {
  const text = words.value.engine;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(series);
  latest.current = series;
  useEffect(() => {
    const target = place.current;
    if (!target) return;
    const onPoint = (index: number | undefined) => {
      pointed.value = index;
    };
    const drawn = createPlot(target, target.clientWidth || 300, latest.current, {
      ...{ spec, onPoint },
      colours: () => colours.peek(),
    });
    plot.current = drawn;
    const observer = new ResizeObserver(() =>
      drawn.setSize({ width: target.clientWidth, height: drawn.height }),
    );
    observer.observe(target);
    return () => {
      observer.disconnect();
      drawn.destroy();
    };
  }, [spec, colours, pointed]);
  useEffect(() => plot.current?.setData(dataOf(spec, series)), [spec, series]);
  useEffect(() => plot.current?.redraw(), [colours.value]);
  return (
    <figure class="plot">
      <figcaption>
        <span>{text.plots[spec.name]}</span>
        <strong>{valuesText(spec, series, pointed.value) || text.noValue}</strong>
      </figcaption>
      <div ref={place} aria-hidden="true" />
    </figure>
  );
}

/** The values of a second, or the latest ones. */
function valuesText({ lines, format }: PlotSpec, series: Series, index: number | undefined): string {
  return lines
    .toReversed()
    .flatMap(({ line, label }) => {
      const value = index === undefined ? latestOf(series[line]) : series[line][index];
      return value === undefined || value === null ? [] : [`${label} ${format(value)}`.trim()];
    })
    .join(' · ');
}
