/** Searches the texts of all chats without holding up the page: in slices, with what it read before at hand. */
import { folded, queryWords, type Snippet, snippetOf } from './match.ts';

/** A message as the search needs it. */
export interface SearchedMessage {
  readonly id: string;
  readonly text: string;
}

export interface SearchedChat {
  readonly id: string;
  readonly title: string;
  /** A chat that did not change is not read again. */
  readonly updated_at: string;
}

export interface ChatHit {
  readonly chat: SearchedChat;
  readonly message: string;
  readonly snippet: Snippet;
}

export interface SearchEffects {
  /** The remaining messages of a chat. */
  readonly read: (chat: string) => Promise<readonly SearchedMessage[]>;
  /** Milliseconds on a clock that does not jump. */
  readonly now: () => number;
  /** Lets the browser draw and hear keys. */
  readonly pause: () => Promise<void>;
}

/** Half a frame at 60 a second. */
const SLICE_MS = 8;
/** More hits are not read by anybody: a longer query finds the right one. */
export const MAX_HITS = 30;
/** One chat must not push out all others. */
const MAX_HITS_PER_CHAT = 3;
/** The texts of all chats at hand take about 64 MB. What does not fit is read again for each search. */
const MAX_HELD_CHARACTERS = 16_000_000;
/** Only the beginning of longer messages is searched. */
const MAX_MESSAGE_CHARACTERS = 200_000;

interface Held {
  readonly updated_at: string;
  readonly characters: number;
  readonly messages: readonly FoldedMessage[];
}

interface FoldedMessage extends SearchedMessage {
  readonly folded: string;
}

export class ChatSearch {
  readonly #effects: SearchEffects;
  readonly #held = new Map<string, Held>();
  #characters = 0;
  #sliceEnd = 0;

  constructor(effects: SearchEffects) {
    this.#effects = effects;
  }

  /** Yields hits in the order of the chats; each message at most once. It ends early when it was aborted. */
  async *search(query: string, chats: readonly SearchedChat[], signal: AbortSignal): AsyncGenerator<ChatHit> {
    const words = queryWords(query);
    if (words.length === 0) return;
    let found = 0;
    this.#sliceEnd = this.#effects.now() + SLICE_MS;
    for (const chat of chats) {
      for await (const hit of this.#searchChat(chat, words, signal)) {
        yield hit;
        found += 1;
        if (found >= MAX_HITS) return;
      }
      if (signal.aborted) return;
    }
  }

  async *#searchChat(
    chat: SearchedChat,
    words: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<ChatHit> {
    let found = 0;
    for (const message of await this.#messages(chat, signal)) {
      await this.#breathe();
      if (signal.aborted) return;
      if (!words.every((word) => message.folded.includes(word))) continue;
      yield { chat, message: message.id, snippet: snippetOf(message.text, words[0] ?? '') };
      found += 1;
      if (found >= MAX_HITS_PER_CHAT) return;
    }
  }

  async #messages(chat: SearchedChat, signal: AbortSignal): Promise<readonly FoldedMessage[]> {
    const known = this.#held.get(chat.id);
    if (known?.updated_at === chat.updated_at) return known.messages;
    const messages: FoldedMessage[] = [];
    let characters = 0;
    for (const { id, text } of await this.#effects.read(chat.id)) {
      await this.#breathe();
      if (signal.aborted) return messages;
      const searched = text.slice(0, MAX_MESSAGE_CHARACTERS);
      messages.push({ id, text: searched, folded: folded(searched) });
      characters += 2 * searched.length;
    }
    this.#hold(chat, messages, characters);
    return messages;
  }

  #hold({ id, updated_at }: SearchedChat, messages: readonly FoldedMessage[], characters: number): void {
    this.#characters -= this.#held.get(id)?.characters ?? 0;
    this.#held.delete(id);
    if (this.#characters + characters > MAX_HELD_CHARACTERS) return;
    this.#held.set(id, { updated_at, characters, messages });
    this.#characters += characters;
  }

  async #breathe(): Promise<void> {
    if (this.#effects.now() < this.#sliceEnd) return;
    await this.#effects.pause();
    this.#sliceEnd = this.#effects.now() + SLICE_MS;
  }
}
