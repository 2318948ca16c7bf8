import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { useClosing } from '../app/use-closing.ts';
import type { Chat } from '../chats/chat.ts';
import { modelOf } from '../chats/chat-actions.ts';
import type { ChatMessage } from '../chats/chat-message.ts';
import { runOf } from '../chats/runs.ts';
import { modelList } from '../models/model-list.ts';
import { countText } from '../words/format.ts';
import { words } from '../words/words.ts';
import { type ContextUse, contextUse } from './context-use.ts';
import { draftTokens } from './draft-tokens.ts';

/** More names do not help to see what would be dropped. */
const MAX_SHOWN = 5;
const MAX_LINE = 80;

/** The context length that counts: the loaded one, or what the chat asks for. */
function limitOf(chat: Chat, model: string | undefined): number | undefined {
  const loaded = modelList.value.running.find(({ name }) => name === model)?.context_length;
  const asked = chat.settings.value.options?.num_ctx;
  if (typeof asked === 'number' && asked > 0 && asked !== loaded) return asked;
  return loaded;
}

/** The use of the context. It follows the messages of a chat, but not each token of an answer that is being written. */
function useOf(chat: Chat): ContextUse {
  const messages = chat.path.value.flatMap((id) => chat.message(id)?.peek() ?? []);
  return contextUse({
    // Its end is followed, which is when the model has counted.
    messages: runOf(chat) ? messages.filter(({ state }) => state !== 'streaming') : messages,
    system: chat.settings.value.system ?? '',
    draft: draftTokens(chat).tokens,
    limit: limitOf(chat, modelOf(chat)),
  });
}

function figuresText({ used, limit, isEstimate }: ContextUse): string {
  const text = words.value.composer.context;
  const figures =
    limit === undefined ? text.usedOnly(countText(used)) : text.used(countText(used), countText(limit));
  return isEstimate && used > 0 ? text.about(figures) : figures;
}

/** How full the context is; opened, also what would be dropped and which figures are estimates. */
export function ContextGauge({ chat }: { readonly chat: Chat }) {
  const id = useId();
  const isOpen = useSignal(false);
  const close = useClosing(isOpen);
  const use = useOf(chat);
  const { used, limit, dropped } = use;
  const text = words.value.composer.context;
  const share = limit === undefined ? 0 : Math.min(1, used / limit);
  const isFull = limit !== undefined && used >= limit;
  return (
    <div class="popover-anchor" ref={close}>
      <button
        type="button"
        class="quiet gauge"
        aria-expanded={isOpen.value}
        aria-controls={id}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        <span class="hidden">{text.label}</span>
        <svg class={isFull ? 'full' : ''} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
          <rect class="gauge-room" width="100" height="8" />
          <rect class="gauge-used" width={share * 100} height="8" />
        </svg>
        <span class={isFull ? 'problem' : ''}>{figuresText(use)}</span>
      </button>
      {isOpen.value && (
        <div id={id} class="popover">
          <p>{use.isEstimate ? text.estimated : text.counted}</p>
          {limit === undefined && <p>{text.noLimit}</p>}
          {limit !== undefined && !isFull && <p>{text.fits}</p>}
          {isFull && dropped.length === 0 && <p>{text.tooLong}</p>}
          {dropped.length > 0 && <DroppedMessages chat={chat} ids={dropped} />}
        </div>
      )}
    </div>
  );
}

function lineOf({ content, attachments = [] }: ChatMessage): string {
  const line = (content || (attachments[0]?.name ?? ''))
    .slice(0, 4 * MAX_LINE)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
}

function DroppedMessages({ chat, ids }: { readonly chat: Chat; readonly ids: readonly string[] }) {
  const text = words.value.composer.context;
  const messages = ids.slice(0, MAX_SHOWN).flatMap((id) => chat.message(id)?.peek() ?? []);
  return (
    <>
      <p>{text.drops(ids.length)}</p>
      <ul class="dropped">
        {messages.map((message) => (
          <li key={message.id}>{lineOf(message)}</li>
        ))}
      </ul>
      {ids.length > MAX_SHOWN && <p>{text.more(ids.length - MAX_SHOWN)}</p>}
    </>
  );
}
