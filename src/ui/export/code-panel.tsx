import { useSignal } from '@preact/signals';
import { sessionState } from '../api/session.ts';
import { copyText } from '../app/copy-text.ts';
import type { Chat } from '../chats/chat.ts';
import { modelOf, pathTo } from '../chats/chat-actions.ts';
import type { ChatMessage, JsonObject } from '../chats/chat-message.ts';
import { answerRequest } from '../chats/request-messages.ts';
import { words } from '../words/words.ts';
import { snippet, snippetLanguages } from './snippets.ts';

/** Longer programs are copied whole, and shown in part: pictures in base64 would hold up the browser. */
const MAX_SHOWN_CHARACTERS = 50_000;

/** The request that made an answer, or that answers a message. */
function requestOf(chat: Chat, message: ChatMessage): JsonObject {
  const isAnswer = message.role === 'assistant';
  const model = (isAnswer ? message.model : undefined) ?? modelOf(chat) ?? '';
  const { options: _, ...others } = chat.settings.value;
  const options = isAnswer ? message.options : chat.settings.value.options;
  const path = pathTo(chat, isAnswer ? message.parent : message.id);
  return { ...answerRequest(model, { ...others, ...(options && { options }) }, path) };
}

/** A request as curl, Python or TypeScript. */
export function CodePanel({ chat, message }: { readonly chat: Chat; readonly message: ChatMessage }) {
  const language = useSignal<(typeof snippetLanguages)[number]>('curl');
  const isCopied = useSignal(false);
  const text = words.value.files;
  const program = snippet(language.value, {
    server: location.origin,
    request: requestOf(chat, message),
    needsKey: sessionState.value.session !== undefined,
  });
  const copy = async () => {
    isCopied.value = await copyText(program);
  };
  return (
    <>
      <div class="buttons">
        {snippetLanguages.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={language.value === one}
            onClick={() => {
              language.value = one;
              isCopied.value = false;
            }}
          >
            {text.languages[one]}
          </button>
        ))}
        <button type="button" onClick={() => void copy()}>
          {isCopied.value ? text.copied : text.copy}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>{program.slice(0, MAX_SHOWN_CHARACTERS)}</pre>
      {program.length > MAX_SHOWN_CHARACTERS && <p class="small">{text.shownInPart}</p>}
    </>
  );
}
