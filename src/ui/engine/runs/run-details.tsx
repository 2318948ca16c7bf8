import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { countText } from '../../words/format.ts';
import { words } from '../../words/words.ts';
import type { EngineFeed } from '../engine-feed.ts';
import { PromptSources } from '../prompt-sources.tsx';
import { runName, workText } from '../texts.ts';
import type { Phase } from '../timeline/phases.ts';
import { useNow } from '../use-now.ts';
import { factsOf, type RunFacts } from './run-facts.ts';

interface Props {
  readonly feed: EngineFeed;
  readonly opened: Signal<Phase | undefined>;
  /** Returns the focus to the timeline. */
  readonly onClose: () => void;
}

/** The run of the opened block: whose it is, where its prompt came from, how long its parts took. */
export function RunDetails({ feed, opened, onClose }: Props) {
  const text = words.value.engine;
  const phase = opened.value;
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (phase) panel.current?.focus();
  }, [phase]);
  useNow(feed);
  if (!phase) return null;
  const facts = phase.run === undefined ? undefined : factsOf(feed.history, phase.run);
  return (
    <aside
      class="run-details"
      aria-label={text.details}
      tabIndex={-1}
      ref={panel}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <header>
        <h3>{facts ? runName(facts.run, facts.run.run) : text.noRun}</h3>
        <button type="button" class="quiet" onClick={onClose}>
          {text.closeDetails}
        </button>
      </header>
      {facts ? <Facts facts={facts} /> : <p class="small">{text.forgotten}</p>}
    </aside>
  );
}

function Facts({ facts }: { readonly facts: RunFacts }) {
  const text = words.value.engine;
  const { run, prompt, prefill, decode, draftTaken, draftRefused } = facts;
  const lines: [string, string][] = [
    [text.columns.model, run.model],
    [text.request, run.request_id ?? (run.anonymous ? text.anonymous : '–')],
    [text.key, run.key ?? (run.anonymous ? text.anonymous : text.noKey)],
  ];
  if (prefill.tokens > 0) lines.push([text.kinds.prefill, workText(prefill)]);
  if (decode.tokens > 0) lines.push([text.kinds.decode, workText(decode)]);
  if (draftTaken + draftRefused > 0) {
    lines.push([text.draftTaken, text.ofTotal(countText(draftTaken), countText(draftTaken + draftRefused))]);
  }
  return (
    <>
      <dl>
        {lines.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h4>{text.prefix}</h4>
      {prompt ? <PromptSources prompt={prompt} /> : <p class="small">{text.prefixUnknown}</p>}
    </>
  );
}
