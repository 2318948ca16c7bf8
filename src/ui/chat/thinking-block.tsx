import { useComputed } from '@preact/signals';
import { useState } from 'preact/hooks';
import { answerNow } from '../chats/answer-now.ts';
import type { ChatMessage } from '../chats/chat-message.ts';
import type { Run } from '../chats/runs.ts';
import { Markdown } from '../markdown/markdown.tsx';
import { durationText } from '../words/format.ts';
import { words } from '../words/words.ts';

interface ThinkingProps {
  readonly message: ChatMessage;
  /** What writes the message, if something does in this tab. */
  readonly run: Run | undefined;
}

/** What a model thought before its answer: folded, with the time it took. */
export function ThinkingBlock({ message, run }: ThinkingProps) {
  const [isOpen, setOpen] = useState(false);
  const isThinking = useComputed(() => run?.progress.value.phase === 'thinking').value;
  const text = words.value.chat;
  const { thinking = '', thinking_ms: ms = 0, timing } = message;
  const time = durationText(ms * 1e6);
  const tokens = timing?.eval_thinking_count;
  return (
    <div class="thinking">
      <p class="thinking-head">
        <button type="button" class="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <span aria-hidden={true}>{isOpen ? '▾' : '▸'}</span>
          {isThinking ? `${text.thinking} · ${time}` : text.thoughtFor(time)}
          {tokens !== undefined && ` · ${text.tokens(tokens)}`}
        </button>
        {isThinking && run && (
          <button type="button" onClick={() => void answerNow(run)}>
            {text.answerNow}
          </button>
        )}
      </p>
      {isOpen && (
        <div class="thinking-text">
          <Markdown text={thinking} isGrowing={isThinking} />
        </div>
      )}
    </div>
  );
}
