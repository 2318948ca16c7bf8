/**
 * The state of a chat: what its entries add up to. The order in which they arrive does not matter, so that devices which
 * have the same entries show the same chat: of two entries about the same thing the later one counts, by time and then by
 * ID, and what was removed stays removed.
 */
import type { ChatEntry } from '../../api/chats.ts';
import type { ChatMessage, ChatSettings } from './chat-message.ts';

/** What an entry changed. */
type Change = 'nothing' | 'title' | 'settings' | 'message' | 'structure';

const roles: readonly unknown[] = ['system', 'user', 'assistant', 'tool'];

interface Stamp {
  readonly at: number;
  readonly id: string;
}

function isLater(one: Stamp, other: Stamp | undefined): boolean {
  if (!other || one.at !== other.at) return !other || one.at > other.at;
  return one.id > other.id;
}

function isEarlier(one: ChatMessage, other: ChatMessage): boolean {
  if (one.created_at !== other.created_at) return one.created_at < other.created_at;
  return one.id < other.id;
}

export class ChatFold {
  title = '';
  settings: ChatSettings = {};
  /** When the last change was made, on whichever device's clock; milliseconds since 1970. */
  latest = 0;
  readonly messages = new Map<string, ChatMessage>();
  readonly #seen = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #stamps = new Map<string, Stamp>();
  /** The messages below each message. */
  readonly #below = new Map<string | null, Set<string>>();
  /** The same, the oldest first: sorted when somebody asks, since entries may arrive in any order and in great number. */
  readonly #sorted = new Map<string | null, readonly string[]>();

  /** @returns what changed; `nothing` also for an entry that is there already or cannot be used */
  apply(entry: ChatEntry): Change {
    if (this.#seen.has(entry.id)) return 'nothing';
    this.#seen.add(entry.id);
    if (entry.type === 'remove') {
      this.#removed.add(entry.message);
      return 'structure';
    }
    const message = entry.type === 'message' ? readMessage(entry.message) : undefined;
    if (entry.type === 'message' && !message) return 'nothing';
    if (!this.#isNewer(message ? `message ${message.id}` : entry.type, entry)) return 'nothing';
    if (message) return this.put(message);
    if (entry.type === 'title') this.title = entry.title;
    else if (entry.type === 'settings') this.settings = entry.settings as ChatSettings;
    return entry.type;
  }

  has(entryId: string): boolean {
    return this.#seen.has(entryId);
  }

  /** Shows a message without an entry: one that is being written. */
  put(message: ChatMessage): Change {
    const known = this.messages.get(message.id);
    this.messages.set(message.id, message);
    if (known?.parent === message.parent && known.created_at === message.created_at) return 'message';
    if (known) this.#siblingsBelow(known.parent).delete(message.id);
    this.#siblingsBelow(message.parent).add(message.id);
    return 'structure';
  }

  /** The messages below a message that were not removed, the oldest first; null = the first ones of the chat. */
  children(id: string | null): readonly string[] {
    const all = this.#sorted.get(id) ?? this.#sort(id);
    return this.#removed.size === 0 ? all : all.filter((child) => !this.#removed.has(child));
  }

  /** The alternatives to a message, with itself. */
  siblings(id: string): readonly string[] {
    const message = this.messages.get(id);
    return message ? this.children(message.parent) : [];
  }

  /**
   * The shown messages from the first to the last.
   * @param chosen the message to follow below each message with several; without a choice it is the newest
   */
  path(chosen: ReadonlyMap<string | null, string>): string[] {
    const path: string[] = [];
    const visited = new Set<string>();
    let at: string | null = null;
    for (;;) {
      const below: readonly string[] = this.children(at);
      const choice = chosen.get(at);
      const next: string | undefined =
        choice !== undefined && below.includes(choice) ? choice : below[below.length - 1];
      if (next === undefined || visited.has(next)) return path;
      visited.add(next);
      path.push(next);
      at = next;
    }
  }

  #isNewer(subject: string, { id, at }: ChatEntry): boolean {
    const stamp = { id, at: Date.parse(at) || 0 };
    if (!isLater(stamp, this.#stamps.get(subject))) return false;
    this.#stamps.set(subject, stamp);
    this.latest = Math.max(this.latest, stamp.at);
    return true;
  }

  /** The messages below one, to be changed. */
  #siblingsBelow(parent: string | null): Set<string> {
    const all = this.#below.get(parent) ?? new Set();
    this.#below.set(parent, all);
    this.#sorted.delete(parent);
    return all;
  }

  #sort(parent: string | null): readonly string[] {
    const all = [...(this.#below.get(parent) ?? [])].flatMap((id) => this.messages.get(id) ?? []);
    const sorted = all.sort((one, other) => (isEarlier(one, other) ? -1 : 1)).map(({ id }) => id);
    this.#sorted.set(parent, sorted);
    return sorted;
  }
}

/** A message of an entry, if it is one: entries come from files and other devices too. */
function readMessage(value: Record<string, unknown>): ChatMessage | undefined {
  const { id, parent = null, role, content = '', created_at = '' } = value;
  if (typeof id !== 'string' || !roles.includes(role) || typeof content !== 'string') return undefined;
  if ((parent !== null && typeof parent !== 'string') || typeof created_at !== 'string') return undefined;
  return { ...value, id, parent, role: role as ChatMessage['role'], content, created_at };
}
