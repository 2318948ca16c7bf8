import { type Signal, useSignal } from '@preact/signals';
import { countText, rateText } from '../../words/format.ts';
import { words } from '../../words/words.ts';
import type { WindowLength } from '../engine-bar.tsx';
import type { EngineFeed } from '../engine-feed.ts';
import type { EngineHistory } from '../engine-history.ts';
import { rateOf } from '../runs/run-facts.ts';
import { msText, runName } from '../texts.ts';
import { useNow } from '../use-now.ts';
import type { Lane, Phase } from './phases.ts';
import { endOf, phasesInView, type View } from './timeline-layout.ts';

/** The latest ones; a screen reader does not get through more either. */
const MAX_ROWS = 100;

interface Props {
  readonly feed: EngineFeed;
  readonly length: Signal<WindowLength>;
}

/** The timeline as a table, for those who cannot see or point. */
export function PhaseTable({ feed, length }: Props) {
  const isOpen = useSignal(false);
  return (
    <details
      class="phase-table"
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>{words.value.engine.showTable}</summary>
      {isOpen.value && <OpenTable feed={feed} seconds={length.value} />}
    </details>
  );
}

function OpenTable({ feed, seconds }: { readonly feed: EngineFeed; readonly seconds: number }) {
  const { columns, tableEmpty } = words.value.engine;
  const now = useNow(feed);
  const view: View = { from: now - seconds * 1000, to: now, width: 1 };
  const found = [...feed.history.lanes.values()]
    .flatMap((lane) => phasesInView(lane, view).map((phase) => ({ lane, phase })))
    .sort((a, b) => b.phase.startedAt - a.phase.startedAt)
    .slice(0, MAX_ROWS);
  if (found.length === 0) return <p class="small">{tableEmpty}</p>;
  return (
    <div class="scrolls">
      <table>
        <thead>
          <tr>
            <th>{columns.run}</th>
            <th>{columns.model}</th>
            <th class="number">{columns.slot}</th>
            <th>{columns.kind}</th>
            <th class="number">{columns.began}</th>
            <th class="number">{columns.took}</th>
            <th class="number">{columns.tokens}</th>
            <th class="number">{columns.rate}</th>
          </tr>
        </thead>
        <tbody>
          {found.map(({ lane, phase }) => (
            <PhaseRow key={phase.id} history={feed.history} view={view} lane={lane} phase={phase} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly history: EngineHistory;
  readonly view: View;
  readonly lane: Lane;
  readonly phase: Phase;
}

function PhaseRow({ history, view, lane, phase }: RowProps) {
  const text = words.value.engine;
  const rate = rateOf(phase);
  return (
    <tr data-kind={phase.kind} data-slot={lane.slot}>
      <td>{phase.run === undefined ? text.noRun : runName(history.runs.get(phase.run), phase.run)}</td>
      <td>{lane.model}</td>
      <td class="number">{lane.slot}</td>
      <td>{text.kinds[phase.kind]}</td>
      <td class="number">{text.ago(((view.to - phase.startedAt) / 1000).toFixed(1))}</td>
      <td class="number">{msText(endOf(phase, view) - phase.startedAt)}</td>
      <td class="number">{phase.kind === 'load' ? '' : countText(phase.tokens)}</td>
      <td class="number">{rate === undefined ? '' : rateText(rate)}</td>
    </tr>
  );
}
