import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { stored } from '../app/stored.ts';
import { type Colours, followColours, readColours } from './colours.ts';
import { EngineBar, type WindowLength, windows } from './engine-bar.tsx';
import { EngineFeed } from './engine-feed.ts';
import { MemoryBand } from './memory-band.tsx';
import { PlotsBand } from './plots/plots-band.tsx';
import { PromptList } from './prompt-sources.tsx';
import { QueueTable } from './queue-table.tsx';
import { Timeline } from './timeline/timeline.tsx';

const length = stored<WindowLength>('engine-window', 60, (value) => windows.some((one) => one === value));

/** What the engine does, from its stream of events. */
export function EnginePage() {
  const { feed, colours } = useMemo(
    () => ({ feed: new EngineFeed(), colours: signal<Colours>(readColours()) }),
    [],
  );
  useEffect(() => feed.start(), [feed]);
  useEffect(() => followColours(colours), [colours]);
  feed.connection.value;
  // Before the first event nothing is known: not even that no request waits.
  const isKnown = feed.history.watched.length > 0;
  return (
    <div class="page engine">
      <EngineBar feed={feed} length={length} />
      {isKnown && (
        <>
          <Timeline feed={feed} length={length} colours={colours} />
          <QueueTable feed={feed} />
          <PlotsBand feed={feed} length={length} colours={colours} />
          <MemoryBand feed={feed} />
          <PromptList feed={feed} />
        </>
      )}
    </div>
  );
}
