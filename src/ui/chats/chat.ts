/** One chat as the page shows it. Components read its signals; runs and other tabs write it. */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { ChatEntry } from '../../api/chats.ts';
import { randomId } from '../app/random-id.ts';
import { ChatFold } from './chat-fold.ts';
import {
  type ChatMessage,
  type ChatSettings,
  type Draft,
  emptyDraft,
  type JsonObject,
} from './chat-message.ts';
import { type ChatRecord, writeDraft, writeEntries } from './chat-store.ts';
import { tellTabs } from './tabs.ts';
import { noteWritten } from './write-problem.ts';

/** What an entry says, without what every entry has. */
type EntryContent =
  | { readonly type: 'title'; readonly title: string }
  | { readonly type: 'settings'; readonly settings: ChatSettings }
  | { readonly type: 'message'; readonly message: ChatMessage }
  | { readonly type: 'remove'; readonly message: string };

/** The draft of a chat that has no messages yet: it is there again when the next chat begins. */
export const NEW_DRAFT = 'new';

/** The last time with four digits for the year. */
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

export class Chat {
  readonly id: string;
  readonly title = signal('');
  readonly settings = signal<ChatSettings>({});
  readonly draft = signal<Draft>(emptyDraft);
  /** The IDs of the shown messages from the first to the last. */
  readonly path: ReadonlySignal<readonly string[]>;
  /** False until the entries are read. */
  readonly isReady = signal(false);
  /** A deleted chat is kept no more, whatever still ends in it. */
  isDeleted = false;
  /** Called with the record of the chat whenever it changes. */
  onRecord: (record: ChatRecord) => void = () => undefined;
  readonly #fold = new ChatFold();
  readonly #messages = new Map<string, Signal<ChatMessage>>();
  readonly #structure = signal(0);
  #chosen = new Map<string | null, string>();
  #record: ChatRecord | undefined;

  constructor(id: string) {
    this.id = id;
    this.path = computed(() => {
      this.#structure.value;
      return this.#fold.path(this.#chosen);
    });
  }

  /** The record of the chat; undefined while it has no entries. */
  get record(): ChatRecord | undefined {
    return this.#record;
  }

  message(id: string): ReadonlySignal<ChatMessage> | undefined {
    return this.#messages.get(id);
  }

  /** All messages, those of branches that are not shown as well. */
  all(): Iterable<ChatMessage> {
    return this.#fold.messages.values();
  }

  /** The alternatives to a message, with itself, the oldest first. To be read after `path`. */
  siblings(id: string): readonly string[] {
    return this.#fold.siblings(id);
  }

  /** Takes entries that are kept already: those of the store, of other tabs or of the server. */
  receive(entries: readonly ChatEntry[], record = this.#record): void {
    if (record) this.#setRecord(record);
    this.#apply(entries);
  }

  /** Says something new. It is shown at once, and kept. */
  add(...contents: readonly EntryContent[]): void {
    // Later than what is there: a device whose clock is fast would undo what is said here.
    const at = new Date(Math.max(Date.now(), Math.min(this.#fold.latest + 1, LAST_TIME))).toISOString();
    const entries = contents.map((content) => ({ ...content, id: randomId(), at }) as ChatEntry);
    this.#apply(entries);
    this.#keep(entries, at);
  }

  /** Changes some settings. A member that is undefined is taken away. */
  set(changes: { readonly [Name in keyof ChatSettings]: ChatSettings[Name] | undefined }): void {
    const all: JsonObject = { ...this.settings.value, ...changes };
    const settings = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    // A chat without messages is not kept: its settings go with its first message.
    if (this.#record) this.add({ type: 'settings', settings });
    else this.settings.value = settings;
  }

  /** Shows a message that is being written. */
  show(message: ChatMessage): void {
    const change = this.#fold.put(message);
    this.#signalFor(message);
    if (change === 'structure') this.#restructure([message]);
  }

  /** Shows a message instead of its siblings. */
  choose(id: string): void {
    const message = this.#fold.messages.get(id);
    if (!message) return;
    this.#chosen.set(message.parent, id);
    this.#structure.value += 1;
    this.#keep([], undefined);
  }

  setDraft(draft: Draft): void {
    this.draft.value = draft;
    writeDraft(this.#record ? this.id : NEW_DRAFT, draft).catch(noteWritten(false));
  }

  #apply(entries: readonly ChatEntry[]): void {
    const joined: ChatMessage[] = [];
    let isStructure = false;
    for (const entry of entries) {
      const change = this.#fold.apply(entry);
      if (change === 'nothing') continue;
      isStructure ||= change === 'structure';
      const message = entry.type === 'message' && this.#fold.messages.get(String(entry.message.id));
      if (!message) continue;
      this.#signalFor(message);
      if (change === 'structure') joined.push(message);
    }
    this.title.value = this.#fold.title;
    if (this.#record || entries.length > 0) this.settings.value = this.#fold.settings;
    if (isStructure) this.#restructure(joined);
  }

  #signalFor(message: ChatMessage): void {
    const known = this.#messages.get(message.id);
    if (known) known.value = message;
    else this.#messages.set(message.id, signal(message));
  }

  /** New messages are shown where this tab is ready, so that an alternative is seen when it begins. */
  #restructure(joined: readonly ChatMessage[]): void {
    if (this.isReady.value) for (const { id, parent } of joined) this.#chosen.set(parent, id);
    this.#structure.value += 1;
  }

  #setRecord(record: ChatRecord): void {
    this.#record = record;
    if (!this.isReady.value) this.#chosen = new Map(record.chosen ?? []);
  }

  #keep(entries: readonly ChatEntry[], at: string | undefined): void {
    const known = this.#record;
    if (this.isDeleted || (!known && at === undefined)) return;
    const now = at ?? known?.updated_at ?? '';
    const record: ChatRecord = {
      ...known,
      id: this.id,
      title: this.title.value,
      created_at: known?.created_at ?? now,
      updated_at: now,
      chosen: [...this.#chosen].filter(([parent]) => this.#fold.children(parent).length > 1),
    };
    this.#record = record;
    this.onRecord(record);
    if (entries.length > 0) tellTabs({ type: 'entries', record, entries });
    writeEntries(record, entries).then(noteWritten(true), noteWritten(false));
  }
}
