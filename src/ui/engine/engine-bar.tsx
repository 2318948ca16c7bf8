import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { countText } from '../words/format.ts';
import { words } from '../words/words.ts';
import type { EngineFeed } from './engine-feed.ts';

export const windows = [10, 60, 300] as const;
/** Seconds that the timeline shows. */
export type WindowLength = (typeof windows)[number];

interface Props {
  readonly feed: EngineFeed;
  readonly length: Signal<WindowLength>;
}

/** The state of the connection, and what is shown of the time. */
export function EngineBar({ feed, length }: Props) {
  const text = words.value.engine;
  const isPaused = feed.isPaused.value;
  return (
    <header class="engine-bar">
      <h1>{words.value.pages.engine}</h1>
      <ConnectionState feed={feed} />
      <fieldset class="window-choices">
        <legend class="hidden">{text.window}</legend>
        {windows.map((seconds) => (
          <label key={seconds}>
            <input
              type="radio"
              name="window"
              checked={length.value === seconds}
              onChange={() => {
                length.value = seconds;
              }}
            />
            <span>{text.windows[seconds]}</span>
          </label>
        ))}
      </fieldset>
      <button type="button" onClick={() => (isPaused ? feed.resume() : feed.pause())}>
        {isPaused ? text.resume : text.pause}
      </button>
    </header>
  );
}

function ConnectionState({ feed }: { readonly feed: EngineFeed }) {
  const text = words.value.engine;
  const connection = feed.connection.value;
  feed.changes.state.value;
  const { lost } = feed.history;
  if (connection.state === 'lost') return <LostConnection feed={feed} retryAt={connection.retryAt} />;
  const state = feed.isPaused.value ? 'paused' : connection.state;
  return (
    <p class={`engine-state ${state}`} role="status">
      {state === 'live' && text.live}
      {state === 'paused' && text.paused}
      {(state === 'connecting' || state === 'hidden') && text.connecting}
      {state === 'refused' && connection.state === 'refused' && connection.problem}
      {lost > 0 && state !== 'refused' && ` · ${text.lostEvents(countText(lost))}`}
    </p>
  );
}

/** Counts down to the next try. The seconds are not read out. */
function LostConnection({ feed, retryAt }: { readonly feed: EngineFeed; readonly retryAt: number }) {
  const text = words.value.engine;
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 500);
    return () => clearInterval(timer);
  }, [now]);
  const seconds = Math.max(0, Math.ceil((retryAt - now.value) / 1000));
  return (
    <p class="engine-state lost">
      <span role="alert">{text.lost}</span> <span>{text.nextTry(String(seconds))}</span>{' '}
      <button type="button" onClick={() => feed.connect()}>
        {text.retry}
      </button>
    </p>
  );
}
