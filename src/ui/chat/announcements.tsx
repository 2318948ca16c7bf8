import { useRef } from 'preact/hooks';
import type { Chat } from '../chats/chat.ts';
import { runOf } from '../chats/runs.ts';
import { words } from '../words/words.ts';

/** Tells screen readers when an answer begins and ends; its text is read where it stands. */
export function Announcements({ chat }: { readonly chat: Chat }) {
  const wasWriting = useRef(false);
  const run = runOf(chat);
  const text = words.value.chat;
  const model = run && chat.message(run.message)?.peek().model;
  const said = run ? text.begins(model ?? text.assistant) : wasWriting.current ? text.ended : '';
  if (run) wasWriting.current = true;
  return (
    <p class="hidden" aria-live="polite">
      {said}
    </p>
  );
}
