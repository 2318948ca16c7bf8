import { bytesText } from '../../words/format.ts';
import { words } from '../../words/words.ts';
import { percentText, secondsText } from '../texts.ts';
import { figuresOf } from './pull-progress.ts';
import { dismissPull, type Pull, pulls, startPull, stopPull } from './pulls.ts';

/** The pulls of this page, those that were not finished at the last visit too. */
export function PullList() {
  const text = words.value.models;
  if (pulls.value.length === 0) return null;
  return (
    <section class="models-panel" aria-label={text.pulls}>
      <ul class="pulls">
        {pulls.value.map((pull) => (
          <PullItem key={pull.model} pull={pull} />
        ))}
      </ul>
    </section>
  );
}

function PullItem({ pull }: { pull: Pull }) {
  const text = words.value.models;
  const { model, state, progress, problem } = pull;
  const { completed, total } = figuresOf(progress, pull.expected);
  return (
    <li>
      <div class="pull-head">
        <strong>{model}</strong>
        <PullButtons pull={pull} />
      </div>
      {total > 0 && (
        <progress value={completed} max={total} aria-label={`${model} ${percentText(completed / total)}`} />
      )}
      <p
        class={state === 'failed' ? 'small problem' : 'small'}
        {...(state === 'failed' && { role: 'alert' })}
      >
        {state === 'failed' && `${text.pullFailed}: ${problem}`}
        {state === 'stopped' && text.pullStopped}
        {state === 'done' && text.pullDone}
        {state === 'running' && (total > 0 ? <Figures pull={pull} /> : progress.status)}
      </p>
    </li>
  );
}

function Figures({ pull: { progress, expected } }: { pull: Pull }) {
  const text = words.value.models;
  const { completed, total, rate, left } = figuresOf(progress, expected);
  const parts = [text.pullPart(bytesText(completed), bytesText(total))];
  if (rate !== undefined) parts.push(`${bytesText(rate)}/s`);
  if (left !== undefined && completed < total) parts.push(text.left(secondsText(left)));
  if (completed >= total) parts.push(progress.status);
  return <>{parts.join(' · ')}</>;
}

function PullButtons({ pull: { model, state } }: { pull: Pull }) {
  const text = words.value.models;
  if (state === 'running')
    return (
      <button type="button" aria-label={`${text.stop} ${model}`} onClick={() => stopPull(model)}>
        {text.stop}
      </button>
    );
  return (
    <>
      {state !== 'done' && (
        <button type="button" aria-label={`${text.resume} ${model}`} onClick={() => startPull(model)}>
          {text.resume}
        </button>
      )}
      <button
        type="button"
        class="quiet"
        aria-label={`${text.dismiss} ${model}`}
        onClick={() => dismissPull(model)}
      >
        {text.dismiss}
      </button>
    </>
  );
}
