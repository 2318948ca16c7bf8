import { StackedBar } from '../bars/stacked-bar.tsx';
import type { AnswerTiming } from '../chats/chat-message.ts';
import { countText, durationText, rateText } from '../words/format.ts';
import { words } from '../words/words.ts';
import type { AnswerPartProps } from './answer-footer.tsx';
import { answerRate, firstTokenTime, promptTokens, type TimeKind, timeParts } from './answer-time.ts';

/** Why an answer took as long as it did: one line, which unfolds into a bar. */
export function AnswerTime({ message }: AnswerPartProps) {
  const { timing } = message;
  if (!timing) return null;
  const summary = summaryOf(timing);
  const parts = timeParts(timing);
  if (summary === '' || parts.length === 0) return null;
  const text = words.value.answer;
  const total = durationText(parts.reduce((sum, { amount }) => sum + amount, 0));
  const label = parts.map(({ kind, amount }) => `${text.parts[kind]} ${durationText(amount)}`).join(', ');
  return (
    <details class="answer-time small">
      <summary>{summary}</summary>
      <StackedBar parts={parts} label={`${text.timing}: ${label}`} />
      <dl>
        {parts.map(({ kind, amount }) => (
          <div key={kind}>
            <dt class={`swatch kind-${kind}`}>{text.parts[kind]}</dt>
            <dd class="number">{durationText(amount)}</dd>
            <dd>{noteOf(kind, timing)}</dd>
          </div>
        ))}
        <div>
          <dt class="swatch kind-none">{text.total}</dt>
          <dd class="number">{total}</dd>
          <dd>{timing.request_id && text.request(timing.request_id)}</dd>
        </div>
      </dl>
    </details>
  );
}

function summaryOf(timing: AnswerTiming): string {
  const text = words.value.answer;
  const [first, rate] = [firstTokenTime(timing), answerRate(timing)];
  const parts = [
    first !== undefined && text.firstToken(durationText(first)),
    rate !== undefined && text.rate(rateText(rate)),
  ];
  return parts.filter((part) => part !== false).join(' · ');
}

/** What is behind the time of a part. */
function noteOf(kind: TimeKind, timing: AnswerTiming): string {
  const text = words.value.answer;
  if (kind === 'prompt') {
    const { cached, computed } = promptTokens(timing);
    const from = text.cachedFrom[timing.prompt_eval_cached_from ?? 'slot'];
    const notes = [cached > 0 && from(countText(cached)), text.computed(countText(computed))];
    return notes.filter((note) => note !== false).join(', ');
  }
  const { eval_count: all = 0, eval_thinking_count: thinking = 0 } = timing;
  if (kind === 'thinking') return text.tokens(countText(thinking));
  if (kind !== 'answer') return '';
  const { eval_drafted_count: drafted = 0, eval_draft_taken_count: taken = 0 } = timing;
  const notes = [text.tokens(countText(all - thinking))];
  if (drafted > 0) notes.push(text.drafts(countText(taken), countText(drafted)));
  return notes.join(', ');
}
