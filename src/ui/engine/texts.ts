/** Sentences about runs and phases, in the language of the page. */
import type { EngineRun } from '../../api/engine-events.ts';
import { countText, durationText, rateText } from '../words/format.ts';
import { words } from '../words/words.ts';
import type { EngineHistory } from './engine-history.ts';
import { rateOf, type Work } from './runs/run-facts.ts';
import type { Phase } from './timeline/phases.ts';

/** @param milliseconds as the engine's events measure */
export function msText(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  return durationText(milliseconds * 1e6);
}

/** What a run is called where there is little room. Another client's has a number only. */
export function runName(run: EngineRun | undefined, number: number): string {
  const text = words.value.engine;
  return `${run?.anonymous ? text.anonymous : text.runs[run?.kind ?? 'chat']} ${number}`;
}

/** "12 tokens, 310 ms, 52 tokens/s" */
export function workText(work: Work): string {
  const text = words.value.engine;
  const rate = rateOf(work);
  const parts = [text.tokens(countText(work.tokens)), msText(work.busyMs)];
  if (rate !== undefined) parts.push(text.rate(rateText(rate)));
  return parts.join(', ');
}

/** A phase in one line, as it is read out and shown below the timeline. */
export function phaseText(phase: Phase, history: EngineHistory, now: number): string {
  const text = words.value.engine;
  const duration = (phase.open ? now : phase.endedAt) - phase.startedAt;
  if (phase.kind === 'load') return `${text.noRun} · ${msText(duration)}`;
  const number = phase.run ?? 0;
  const run = history.runs.get(number);
  const parts = [runName(run, number), run?.model ?? '', `${text.kinds[phase.kind]}: ${workText(phase)}`];
  if (phase.draftTaken > 0) parts.push(`${text.draftTaken}: ${countText(phase.draftTaken)}`);
  if (phase.draftRefused > 0) parts.push(`${text.draftRefused}: ${countText(phase.draftRefused)}`);
  return parts.filter((part) => part !== '').join(' · ');
}
