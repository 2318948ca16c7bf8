import type { AnswerProgress } from '../chats/answer-fold.ts';
import type { Run } from '../chats/runs.ts';
import { words } from '../words/words.ts';

/** What an answer waits for. */
function progressText({ phase, position, reason, fraction }: AnswerProgress): string {
  const text = words.value.chat;
  const percent = fraction === undefined ? undefined : `${Math.floor(fraction * 100)} %`;
  switch (phase) {
    case 'waiting':
      if (position === undefined) return text.waiting;
      return reason === 'memory' ? text.inLineForMemory(position) : text.inLine(position);
    case 'loading':
      return percent === undefined ? text.loading : `${text.loading} ${percent}`;
    case 'prompt':
      return percent === undefined ? text.reading : `${text.reading} ${percent}`;
    case 'thinking':
      return text.thinking;
    case 'answer':
      return text.isWriting;
  }
}

/** Below an answer that is being written: what it waits for. */
export function AnswerProgressLine({ run }: { readonly run: Run }) {
  const progress = run.progress.value;
  if (progress.phase === 'answer' || progress.phase === 'thinking') return null;
  return (
    <p class="answer-progress">
      <span>{progressText(progress)}</span>
      {progress.fraction !== undefined && (
        <progress aria-label={progressText(progress)} value={progress.fraction} max={1} />
      )}
    </p>
  );
}
