/** How many tokens the draft of a chat has: estimated at once, and counted by a loaded model soon after. */
import { effect, type Signal, signal } from '@preact/signals';
import type { TokenizeResponse } from '../../api/tokenize.ts';
import { request } from '../api/http.ts';
import type { Chat } from '../chats/chat.ts';
import { modelOf } from '../chats/chat-actions.ts';
import type { Attachment } from '../chats/chat-message.ts';
import { modelList } from '../models/model-list.ts';
import { estimatedTokens } from './context-use.ts';
import { textWithAttachments } from './message-text.ts';

/** Nobody waits for the figure while typing. */
const COUNT_AFTER_MS = 1000;
/** Longer texts stay estimated: counting them would take the server seconds. */
const MAX_COUNTED_CHARACTERS = 400_000;
/** Figures that are kept; then the oldest is forgotten. */
const MAX_KEPT = 100;
/** Pictures and sound, which only the encoder of the model can count. */
const TOKENS_PER_MEDIUM = 300;

/** By model and text. */
const counts: Signal<ReadonlyMap<string, number>> = signal(new Map());

function keyOf(model: string, text: string): string {
  return `${model}\n${text}`;
}

export interface TokenFigure {
  readonly tokens: number;
  readonly isEstimate: boolean;
}

/** The tokens of a text, as far as they are known. */
function tokensOf(model: string | undefined, text: string): TokenFigure {
  const counted = model === undefined ? undefined : counts.value.get(keyOf(model, text));
  return { tokens: counted ?? estimatedTokens(text), isEstimate: counted === undefined && text !== '' };
}

/** The tokens of one attachment alone. */
export function attachmentTokens(model: string | undefined, attachment: Attachment): TokenFigure {
  if (attachment.data !== undefined) return { tokens: TOKENS_PER_MEDIUM, isEstimate: true };
  return tokensOf(model, textWithAttachments('', [attachment]));
}

/** The tokens of the whole draft of a chat. */
export function draftTokens(chat: Chat): TokenFigure {
  const model = modelOf(chat);
  const { text, attachments } = chat.draft.value;
  const figures = [tokensOf(model, text), ...attachments.map((one) => attachmentTokens(model, one))];
  return {
    tokens: figures.reduce((sum, { tokens }) => sum + tokens, 0),
    isEstimate: figures.some(({ isEstimate }) => isEstimate),
  };
}

/**
 * Counts the draft of a chat whenever it rests. Only a loaded model is asked, because the question would load it.
 * @returns a function that ends it
 */
export function countDraft(chat: Chat): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = effect(() => {
    const model = modelOf(chat);
    const { text, attachments } = chat.draft.value;
    const isLoaded = modelList.value.running.some(({ name }) => name === model);
    clearTimeout(timer);
    if (model === undefined || !isLoaded) return;
    const files = attachments.filter(({ data }) => data === undefined);
    const texts = [text, ...files.map((file) => textWithAttachments('', [file]))];
    timer = setTimeout(() => void countAll(chat, model, texts), COUNT_AFTER_MS);
  });
  return () => {
    clearTimeout(timer);
    end();
  };
}

async function countAll(chat: Chat, model: string, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    const isKnown = counts.value.has(keyOf(model, text));
    if (isKnown || text === '' || text.length > MAX_COUNTED_CHARACTERS) continue;
    // With the options of the chat: others could load the model again.
    const { options, keep_alive } = chat.settings.value;
    const body = { model, content: text, ...(options && { options }), ...(keep_alive && { keep_alive }) };
    try {
      const { tokens } = await request<TokenizeResponse>('/api/tokenize', { body });
      const kept = [...counts.value].slice(-MAX_KEPT);
      counts.value = new Map([...kept, [keyOf(model, text), tokens.length]]);
    } catch {
      // The estimate stays.
      return;
    }
  }
}
