import type { ComponentType } from 'preact';
import type { Chat } from '../chats/chat.ts';
import type { ChatMessage } from '../chats/chat-message.ts';
import { Probabilities } from '../probabilities/probabilities.tsx';
import { AnswerTime } from './answer-time-view.tsx';

/** What a part below an answer gets. */
export interface AnswerPartProps {
  readonly chat: Chat;
  /** An answer that is not being written any more. */
  readonly message: ChatMessage;
}

/**
 * What stands below each answer, from top to bottom. A part shows nothing where it has nothing to say. Keep it cheap: a part
 * with much code loads it when it is opened.
 */
const parts: readonly ComponentType<AnswerPartProps>[] = [AnswerTime, Probabilities];

/** Below an answer: where its time went, and whatever else is known about it. */
export function AnswerFooter(props: AnswerPartProps) {
  if (parts.length === 0) return null;
  return (
    <footer class="answer-footer">
      {parts.map((Part, index) => (
        // The parts never change their order.
        <Part key={index} {...props} />
      ))}
    </footer>
  );
}
