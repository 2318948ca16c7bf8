import { useRef } from 'preact/hooks';
import type { Chat } from '../chats/chat.ts';
import type { ChatMessage } from '../chats/chat-message.ts';
import { runOf } from '../chats/runs.ts';
import { words } from '../words/words.ts';

/** Tells screen readers when an answer begins and ends; its text is read where it stands. */
export function Announcements({ chat }: { readonly chat: Chat }) {
  const written = useRef<string | undefined>(undefined);
  const run = runOf(chat);
  const text = words.value.chat;
  const model = run && chat.message(run.message)?.peek().model;
  if (run) written.current = run.message;
  const last = written.current === undefined ? undefined : chat.message(written.current)?.value;
  const said = run ? text.begins(model ?? text.assistant) : last ? endOf(last) : '';
  return (
    <p class="hidden" aria-live="polite">
      {said}
    </p>
  );
}

function endOf({ state, error }: ChatMessage): string {
  const text = words.peek().chat;
  return state === 'done' ? text.ended : (error ?? text.stopped);
}
