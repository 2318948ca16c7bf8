import { type Signal, signal, useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import type { AnswerPartProps } from '../answer/answer-footer.tsx';
import { regenerate } from '../chats/chat-actions.ts';
import { words } from '../words/words.ts';

/** How many alternatives of each token are asked for: as many as stand in one line. */
const ALTERNATIVES = 8;

/** The code that shows tokens; loaded when it is first needed. */
const view: Signal<ComponentType<AnswerPartProps> | undefined> = signal(undefined);

async function loadView(): Promise<void> {
  const { AnswerProbabilities } = await import('./answer-probabilities.tsx');
  view.value = AnswerProbabilities;
}

/**
 * Below an answer: its tokens and what else the model weighed. An answer that came without them is asked for again with
 * them, and so are all later answers of the chat.
 */
export function Probabilities({ chat, message }: AnswerPartProps) {
  const text = words.value.probabilities;
  const isOpen = useSignal(false);
  if (message.content === '') return null;
  const has = (message.logprobs?.length ?? 0) > 0;
  const toggle = () => {
    if (!view.value) void loadView();
    if (has) isOpen.value = !isOpen.value;
    else {
      chat.set({ logprobs: true, top_logprobs: ALTERNATIVES });
      regenerate(chat, message.id);
    }
  };
  const View = view.value;
  return (
    <>
      <button
        type="button"
        class="quiet"
        title={has ? undefined : text.ask}
        {...(has && { 'aria-expanded': isOpen.value })}
        onClick={toggle}
      >
        {text.show}
      </button>
      {has && isOpen.value && View && <View chat={chat} message={message} />}
    </>
  );
}
