import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { LogEvent } from '../../../api/logs.ts';
import { ApiError } from '../../api/http.ts';
import { may } from '../../api/session.ts';
import { streamJson } from '../../api/streams.ts';
import { countText } from '../../words/format.ts';
import { words } from '../../words/words.ts';
import { Failed, NeedsScope } from '../states.tsx';
import { fieldsText, isShown, type KeptLine, type LogLevel, levels, withLines } from './log-lines.ts';

/** Lines to begin with. */
const FIRST_LINES = 200;

/** The latest lines of the server's log, and those that follow. */
export function LogView() {
  const lines = useSignal<readonly KeptLine[]>([]);
  const problem = useSignal<string | undefined>(undefined);
  const attempt = useSignal(0);
  const level = useSignal<LogLevel>('debug');
  const filter = useSignal('');
  const isFollowing = useSignal(true);
  const isAllowed = may('admin');
  useEffect(() => (isAllowed ? follow(lines, problem) : undefined), [isAllowed, attempt.value]);
  const text = words.value.settings;
  const needle = filter.value.trim().toLowerCase();
  const shown = lines.value.filter((line) => isShown(line, level.value, needle));
  return (
    <>
      <h2>{text.sections.log}</h2>
      {!isAllowed && <NeedsScope scope="admin" />}
      {problem.value !== undefined && (
        <Failed
          problem={problem.value}
          onRetry={() => {
            problem.value = undefined;
            attempt.value += 1;
          }}
        />
      )}
      {isAllowed && (
        <>
          <LogTools level={level} filter={filter} isFollowing={isFollowing} />
          <Lines lines={shown} isFollowing={isFollowing} />
        </>
      )}
    </>
  );
}

interface ToolProps {
  readonly level: Signal<LogLevel>;
  readonly filter: Signal<string>;
  readonly isFollowing: Signal<boolean>;
}

function LogTools({ level, filter, isFollowing }: ToolProps) {
  const text = words.value.settings;
  return (
    <div class="settings-tools">
      <label>
        <span>{text.level}</span>
        <select
          value={level.value}
          onChange={(event) => {
            level.value = levels.find((name) => name === event.currentTarget.value) ?? 'debug';
          }}
        >
          {levels.map((name) => (
            <option key={name} value={name}>
              {text.levels[name]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{text.filter}</span>
        <input
          type="search"
          value={filter.value}
          onInput={(event) => {
            filter.value = event.currentTarget.value;
          }}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={isFollowing.value}
          onChange={(event) => {
            isFollowing.value = event.currentTarget.checked;
          }}
        />
        {text.follow}
      </label>
    </div>
  );
}

/** Distance from the end, in pixels, at which the view still counts as being at the end. */
const AT_END = 8;

/** Keys that scroll away from the end. */
const keysUp = ['ArrowUp', 'PageUp', 'Home'];

function Lines({ lines, isFollowing }: { lines: readonly KeptLine[]; isFollowing: Signal<boolean> }) {
  const box = useRef<HTMLDivElement>(null);
  const text = words.value.settings;
  useEffect(() => {
    const { current } = box;
    if (current && isFollowing.value) current.scrollTop = current.scrollHeight;
  });
  return (
    <div
      ref={box}
      class="log"
      role="log"
      aria-live="off"
      aria-label={text.logLines}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, which the keyboard must be able to do
      tabIndex={0}
      onWheel={({ deltaY }) => {
        if (deltaY < 0) isFollowing.value = false;
      }}
      onTouchMove={() => {
        isFollowing.value = false;
      }}
      onKeyDown={({ key }) => {
        if (keysUp.includes(key)) isFollowing.value = false;
      }}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        if (scrollHeight - scrollTop - clientHeight < AT_END) isFollowing.value = true;
      }}
    >
      {lines.length === 0 && <p class="small">{text.noLines}</p>}
      {lines.map((line) => (
        <Line key={line.number} line={line} />
      ))}
    </div>
  );
}

function Line({ line }: { line: KeptLine }) {
  if ('lost' in line) return <div class="log-lost">{words.value.settings.lost(countText(line.lost))}</div>;
  const { time, level, message } = line;
  return (
    <div class={`log-${level}`}>
      <time datetime={time}>{new Date(time).toLocaleTimeString([], { hour12: false })}</time> <b>{level}</b>{' '}
      {message} <span class="log-fields">{fieldsText(line)}</span>
    </div>
  );
}

/** @returns ends it */
function follow(lines: Signal<readonly KeptLine[]>, problem: Signal<string | undefined>): () => void {
  const abort = new AbortController();
  lines.value = [];
  void read(lines, problem, abort.signal);
  return () => abort.abort();
}

/** Shows what arrives once a frame, however many lines that are. */
async function read(
  lines: Signal<readonly KeptLine[]>,
  problem: Signal<string | undefined>,
  signal: AbortSignal,
): Promise<void> {
  let waiting: LogEvent[] = [];
  const show = () => {
    lines.value = withLines(lines.value, waiting);
    waiting = [];
  };
  try {
    const path = `/api/logs?follow=true&lines=${FIRST_LINES}`;
    for await (const event of streamJson<LogEvent>(path, { signal })) {
      if (waiting.length === 0) requestAnimationFrame(show);
      waiting.push(event);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ApiError)) throw error;
    problem.value = error.message;
  }
}
