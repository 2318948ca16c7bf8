import type { EngineRunner, EngineWait } from '../../api/engine-events.ts';
import { words } from '../words/words.ts';
import type { EngineFeed } from './engine-feed.ts';
import { msText, runName } from './texts.ts';
import { useNow } from './use-now.ts';

/** Longer queues are cut: what matters is at the front. */
const MAX_ROWS = 50;

/** Who waits, since when, and why. */
export function QueueTable({ feed }: { readonly feed: EngineFeed }) {
  const text = words.value.engine;
  feed.changes.state.value;
  const now = useNow(feed);
  const { queue, runners } = feed.history.state;
  return (
    <section class="band" aria-labelledby="queue">
      <h2 id="queue">
        {text.queue} {queue.length > 0 && <span class="small">{queue.length}</span>}
      </h2>
      {queue.length === 0 ? (
        <p class="small">{text.queueEmpty}</p>
      ) : (
        <div class="scrolls">
          <table>
            <thead>
              <tr>
                <th class="number">{text.columns.position}</th>
                <th>{text.columns.run}</th>
                <th>{text.columns.model}</th>
                <th class="number">{text.columns.since}</th>
                <th>{text.columns.reason}</th>
              </tr>
            </thead>
            <tbody>
              {queue.slice(0, MAX_ROWS).map((wait) => (
                <tr key={`${wait.run ?? ''}/${wait.since_at}`}>
                  <td class="number">{wait.position}</td>
                  <td>{nameOf(wait, feed)}</td>
                  <td>{wait.model}</td>
                  <td class="number">{msText(Math.max(0, now - wait.since_at))}</td>
                  <td>{reasonOf(wait, runners)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function nameOf({ run }: EngineWait, feed: EngineFeed): string {
  return run === undefined ? words.value.engine.noRun : runName(feed.history.runs.get(run), run);
}

function reasonOf(wait: EngineWait, runners: readonly EngineRunner[]): string {
  const text = words.value.engine;
  if (wait.waits_for === 'slot') return text.waitsForSlot;
  if (wait.waits_for === 'memory')
    return wait.unloading?.length ? text.waitsForModels(wait.unloading.join(', ')) : text.waitsForMemory;
  const loading = runners.find(({ model, state }) => model === wait.model && state === 'loading');
  return loading ? text.waitsForLoadAt((loading.load_fraction * 100).toFixed(0)) : text.waitsForLoad;
}
