/** The metrics of llama.cpp's server under its names, for dashboards that were made for it: all models together. */

import { callKinds } from '../../protocol/engine-figures.ts';
import type { ModelFigures } from '../figures/model-figures.ts';
import type { MetricState } from '../metric-state.ts';
import type { NumberRow, Source } from './metric-row.ts';

interface Row {
  readonly name: string;
  readonly type: NumberRow['type'];
  readonly help: string;
  readonly source: Source;
}

function row(fields: Row, value: (state: MetricState) => number): NumberRow {
  return { ...fields, labels: [], read: (state) => [{ labels: {}, value: value(state) }] };
}

function sum(name: string, help: string, source: Source, value: (model: ModelFigures) => number): NumberRow {
  return row({ name, help, source, type: 'counter' }, (state) => total(state, value));
}

function total({ models }: MetricState, value: (model: ModelFigures) => number): number {
  return models.reduce((sum, model) => sum + value(model), 0);
}

function callsOf({ engine }: ModelFigures): number {
  return callKinds.reduce((sum, kind) => sum + engine.callSeconds[kind].count, 0);
}

export const llamaCppRows: readonly NumberRow[] = [
  sum(
    'llamacpp:prompt_tokens_total',
    'Computed tokens of prompts',
    'engine',
    ({ engine }) => engine.prefixTokens.computed,
  ),
  sum(
    'llamacpp:prompt_seconds_total',
    'Time from the starts of prompts to first tokens',
    'runs',
    ({ runs }) => runs.prefillSeconds.sum,
  ),
  sum(
    'llamacpp:tokens_predicted_total',
    'Generated tokens',
    'engine',
    ({ engine }) => engine.generatedTokens,
  ),
  sum(
    'llamacpp:tokens_predicted_seconds_total',
    'Time from first tokens to last ones',
    'runs',
    ({ runs }) => runs.decodeSeconds.sum,
  ),
  sum('llamacpp:n_decode_total', 'Calls of the engine', 'engine', callsOf),
  row(
    {
      name: 'llamacpp:n_busy_slots_per_decode',
      type: 'gauge',
      source: 'engine',
      help: 'Mean number of slots in a call',
    },
    (state) => total(state, ({ engine }) => engine.callSequences) / Math.max(1, total(state, callsOf)),
  ),
  row(
    {
      name: 'llamacpp:n_tokens_max',
      type: 'gauge',
      source: 'runs',
      help: 'Tokens of the longest prompt with its answer',
    },
    ({ models }) => Math.max(0, ...models.map(({ runs }) => runs.longest)),
  ),
  row(
    {
      name: 'llamacpp:requests_processing',
      type: 'gauge',
      source: 'live',
      help: 'Requests that models work on',
    },
    ({ moment }) => moment.models.reduce((all, { running }) => all + running, 0),
  ),
  row(
    { name: 'llamacpp:requests_deferred', type: 'gauge', source: 'live', help: 'Waiting requests' },
    ({ moment }) => moment.waiting.length,
  ),
  sum(
    'llamacpp:spec_decode_num_drafts_total',
    'Drafts that were checked',
    'engine',
    ({ engine }) => engine.drafts,
  ),
  sum(
    'llamacpp:spec_decode_num_draft_tokens_total',
    'Drafted tokens that were checked',
    'engine',
    ({ engine }) => engine.draftedTokens,
  ),
  sum(
    'llamacpp:spec_decode_num_accepted_tokens_total',
    'Drafted tokens that were accepted',
    'engine',
    ({ engine }) => engine.acceptedTokens,
  ),
];
