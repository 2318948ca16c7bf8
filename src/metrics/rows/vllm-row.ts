/** How the rows of vLLM's metrics are made: one value, or one distribution, for each model. */
import type { Tally } from '../../protocol/tally.ts';
import type { ModelState } from '../figures/live-figures.ts';
import type { ModelFigures } from '../figures/model-figures.ts';
import type { HistogramRow, NumberRow, Source } from './metric-row.ts';

/** The engines of all models have this number. */
const ENGINE = '0';
export const modelLabels = ['model_name', 'engine'] as const;

export function labelsOf({ name }: { readonly name: string }, others: Readonly<Record<string, string>> = {}) {
  return { model_name: name, engine: ENGINE, ...others };
}

export function counter(
  name: string,
  help: string,
  source: Source,
  value: (model: ModelFigures) => number,
): NumberRow {
  return {
    ...{ name, help, source, type: 'counter', labels: modelLabels },
    read: ({ models }) => models.map((model) => ({ labels: labelsOf(model), value: value(model) })),
  };
}

interface Split {
  readonly name: string;
  readonly help: string;
  readonly source: Source;
  /** Name of the additional label. */
  readonly label: string;
  readonly values: (model: ModelFigures) => Readonly<Record<string, number>>;
}

export function splitCounter({ values, label, ...row }: Split): NumberRow {
  return {
    ...{ ...row, type: 'counter', labels: [...modelLabels, label] },
    read: ({ models }) =>
      models.flatMap((model) =>
        Object.entries(values(model)).map(([key, value]) => ({
          labels: labelsOf(model, { [label]: key }),
          value,
        })),
      ),
  };
}

interface Distributed {
  readonly name: string;
  readonly help: string;
  readonly source: Source;
  readonly bounds: readonly number[];
  readonly tally: (model: ModelFigures) => Tally;
}

export function histogram({ tally, ...row }: Distributed): HistogramRow {
  return {
    ...{ ...row, type: 'histogram', labels: modelLabels },
    read: ({ models }) => models.map((model) => ({ labels: labelsOf(model), tally: tally(model) })),
  };
}

export function gauge(name: string, help: string, value: (model: ModelState) => number): NumberRow {
  return {
    ...{ name, help, source: 'live', type: 'gauge', labels: modelLabels },
    read: ({ moment }) => moment.models.map((model) => ({ labels: labelsOf(model), value: value(model) })),
  };
}
