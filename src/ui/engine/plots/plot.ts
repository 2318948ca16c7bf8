/** One small plot with uPlot: axis from 0, labels at the ends of the lines. */
import uPlot from 'uplot';
import { words } from '../../words/words.ts';
import type { Colours } from '../colours.ts';
import type { PlotSpec } from './plot-table.ts';
import { niceEnd, spreadLabels, timeMarks } from './scales.ts';
import { isolatedOf, type Series } from './series.ts';

const HEIGHT = 128;
/** For labels at the ends of lines. */
const LABEL_WIDTH = 28;
const LABEL_HEIGHT = 13;
const AXIS_WIDTH = 48;
/** All plots show the same second under the pointer. */
const CURSOR_GROUP = 'engine';

export interface PlotOptions {
  readonly spec: PlotSpec;
  /** Asked at each drawing, so that a change of the theme needs no other plot. */
  readonly colours: () => Colours;
  /** Is called with the place under the pointer; undefined = the pointer left. */
  readonly onPoint: (index: number | undefined) => void;
}

export function createPlot(target: HTMLElement, width: number, series: Series, options: PlotOptions): uPlot {
  const { spec, colours, onPoint } = options;
  return new uPlot(
    {
      width,
      height: HEIGHT,
      ms: 1,
      legend: { show: false },
      padding: [8, LABEL_WIDTH, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 5 }, sync: { key: CURSOR_GROUP } },
      scales: {
        x: { time: false },
        y: { range: (_, __, highest) => [0, niceEnd(highest ?? 0, spec.least)] },
      },
      axes: axesOf(options),
      series: [
        {},
        ...spec.lines.map(({ colour }) => ({
          stroke: () => colours()[colour],
          width: 1.5,
          spanGaps: false,
          points: { show: true, size: 3, fill: () => colours()[colour], filter: isolated },
        })),
      ],
      hooks: {
        draw: [(plot) => drawLabels(plot, spec, colours())],
        setCursor: [(plot) => onPoint(plot.cursor.idx ?? undefined)],
      },
    },
    dataOf(spec, series),
    target,
  );
}

export function dataOf({ lines }: PlotSpec, series: Series): uPlot.AlignedData {
  return [series.seconds, ...lines.map(({ line }) => series[line])];
}

function isolated(plot: uPlot, index: number): number[] {
  return isolatedOf([...(plot.data[index] ?? [])]);
}

function axesOf({ spec, colours }: PlotOptions): uPlot.Axis[] {
  const shared: uPlot.Axis = {
    stroke: () => colours().label,
    font: '11px system-ui, sans-serif',
    ticks: { show: false },
    grid: { stroke: () => colours().line, width: 1 },
  };
  return [
    {
      ...shared,
      size: 22,
      gap: 4,
      grid: { show: false },
      splits: (plot, _, from, to) =>
        timeMarks(to - from, plot.bbox.width / uPlot.pxRatio).map((seconds) => -seconds),
      values: (_, marks) =>
        marks.map((seconds) =>
          seconds === 0 ? words.value.engine.now : words.value.engine.ago(String(-seconds)),
        ),
    },
    {
      ...shared,
      size: AXIS_WIDTH,
      gap: 4,
      splits: (_, __, from, to) => [from, to / 2, to],
      values: (_, marks) => marks.map((value) => spec.format(value)),
    },
  ];
}

/** Writes the name of each line at its end. */
function drawLabels(plot: uPlot, { lines }: PlotSpec, colours: Colours): void {
  const scale = uPlot.pxRatio;
  const labels = lines.flatMap(({ label, colour }, index) => {
    const values = [...(plot.data[index + 1] ?? [])];
    const last = values.findLast((value) => value !== null && value !== undefined);
    return label === '' || last === undefined || last === null ? [] : [{ label, colour, value: last }];
  });
  const places = labels.map(({ value }) => plot.valToPos(value, 'y', true) / scale);
  const bottom = (plot.bbox.top + plot.bbox.height) / scale;
  const { ctx: context } = plot;
  context.save();
  context.font = `${11 * scale}px system-ui, sans-serif`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  spreadLabels(places, LABEL_HEIGHT, bottom).forEach((place, index) => {
    const label = labels[index];
    if (!label) return;
    context.fillStyle = colours[label.colour];
    context.fillText(label.label, plot.bbox.left + plot.bbox.width + 4 * scale, place * scale);
  });
  context.restore();
}
