import { type Signal, useComputed, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { words } from '../../words/words.ts';
import type { Colours } from '../colours.ts';
import type { WindowLength } from '../engine-bar.tsx';
import type { EngineFeed } from '../engine-feed.ts';
import { RunDetails } from '../runs/run-details.tsx';
import { phaseText } from '../texts.ts';
import { useNow } from '../use-now.ts';
import { PhaseTable } from './phase-table.tsx';
import type { Phase } from './phases.ts';
import { TimelineCanvas } from './timeline-canvas.ts';
import { type Move, phaseAfterMove, phaseAt, type Row } from './timeline-layout.ts';

const moves: Readonly<Record<string, Move>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'first',
  End: 'last',
};

interface Props {
  readonly feed: EngineFeed;
  readonly length: Signal<WindowLength>;
  readonly colours: Signal<Colours>;
}

/** What each slot computed, with time to the right. */
export function Timeline({ feed, length, colours }: Props) {
  const text = words.value.engine;
  const timeline = useMemo(() => new TimelineCanvas({ feed, length, colours }), [feed, length, colours]);
  const opened = useSignal<Phase | undefined>(undefined);
  const surface = useRef<HTMLDivElement>(null);
  useEffect(() => (surface.current ? timeline.attach(surface.current) : undefined), [timeline]);
  const rows = timeline.rows.value;
  const close = () => {
    opened.value = undefined;
    surface.current?.focus();
  };
  return (
    <section class="band timeline" aria-labelledby="timeline">
      <h2 id="timeline">{text.timeline}</h2>
      <Legend />
      {rows.length === 0 && <Empty />}
      <div class={`timeline-and-details ${rows.length === 0 ? 'unused' : ''}`}>
        <div class="lanes">
          <RowLabels rows={rows} />
          <TimelineSurface feed={feed} timeline={timeline} opened={opened} surface={surface} />
        </div>
        <RunDetails feed={feed} opened={opened} onClose={close} />
      </div>
      {rows.length > 0 && (
        <>
          <Readout feed={feed} timeline={timeline} />
          <PhaseTable feed={feed} length={length} />
        </>
      )}
    </section>
  );
}

interface SurfaceProps {
  readonly feed: EngineFeed;
  readonly timeline: TimelineCanvas;
  readonly opened: Signal<Phase | undefined>;
  readonly surface: { current: HTMLDivElement | null };
}

function TimelineSurface({ feed, timeline, opened, surface }: SurfaceProps) {
  const text = words.value.engine;
  const at = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return phaseAt(timeline.rows.value, timeline.view(), x, y);
  };
  const press = (event: KeyboardEvent) => {
    const move = moves[event.key];
    if (move) {
      timeline.focused.value = phaseAfterMove(
        timeline.rows.value,
        timeline.view(),
        timeline.focused.value,
        move,
      );
      timeline.moves.value += 1;
    } else if (event.key === 'Enter') opened.value = timeline.focused.value;
    else if (event.key === ' ') feed.isPaused.value ? feed.resume() : feed.pause();
    else if (event.key === 'Escape') opened.value = undefined;
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={surface}
      class="lanes-canvas"
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: its blocks are reached by arrow keys
      tabIndex={0}
      aria-label={text.timeline}
      aria-describedby="timeline-keys"
      onKeyDown={press}
      onPointerMove={(event) => {
        timeline.hovered.value = at(event);
      }}
      onPointerLeave={() => {
        timeline.hovered.value = undefined;
      }}
      onClick={(event) => {
        const phase = at(event);
        timeline.focused.value = phase;
        opened.value = phase;
      }}
    >
      <canvas />
    </div>
  );
}

function RowLabels({ rows }: { readonly rows: readonly Row[] }) {
  const text = words.value.engine;
  return (
    <ol class="lane-labels" aria-hidden="true">
      {rows.map(({ lane, model, runner }) => (
        <li key={lane?.key ?? runner} class={lane ? 'lane-label' : 'model-label'} title={model}>
          {lane ? text.slot(String(lane.slot)) : model}
        </li>
      ))}
    </ol>
  );
}

function Readout({ feed, timeline }: { readonly feed: EngineFeed; readonly timeline: TimelineCanvas }) {
  const text = words.value.engine;
  const { hovered, focused, moves } = timeline;
  const phase = hovered.value ?? focused.value;
  useNow(feed);
  const spoken = useComputed(() => {
    moves.value;
    return focused.value ? phaseText(focused.value, feed.history, feed.now()) : '';
  });
  return (
    <>
      <p class="readout small" aria-hidden="true">
        {phase ? phaseText(phase, feed.history, feed.now()) : text.timelineHint}
      </p>
      <p class="hidden" aria-live="polite">
        {spoken}
      </p>
      <p class="hidden" id="timeline-keys">
        {text.timelineKeys}
      </p>
    </>
  );
}

function Legend() {
  const { kinds, draftTaken, draftRefused } = words.value.engine;
  const names: [string, string][] = [
    ['prefill', kinds.prefill],
    ['decode', kinds.decode],
    ['draft', draftTaken],
    ['refused', draftRefused],
    ['load', kinds.load],
    ['idle', kinds.idle],
  ];
  return (
    <ul class="bar-labels legend">
      {names.map(([kind, name]) => (
        <li key={kind} class={`swatch kind-${kind}`}>
          {name}
        </li>
      ))}
    </ul>
  );
}

function Empty() {
  const text = words.value.engine;
  return (
    <div class="engine-empty">
      <p>{text.nothingLoaded}</p>
      <a class="button" href="/" data-page="">
        {text.openChat}
      </a>
    </div>
  );
}
