/**
 * What a page that is closed in the middle of an answer leaves behind. A database may not finish writing then; this storage
 * is written at once.
 */
import type { ChatMessage } from './chat-message.ts';

const PREFIX = 'ollama.cut.';
/** Browsers allow about five million for the whole page. */
const MAX_CHARACTERS = 1_000_000;

export function leaveLastWords({ id, content, thinking }: ChatMessage): void {
  if (content.length + (thinking?.length ?? 0) > MAX_CHARACTERS) return;
  try {
    localStorage.setItem(
      PREFIX + id,
      JSON.stringify({ content, ...(thinking !== undefined && { thinking }) }),
    );
  } catch {
    // The storage is full or switched off: what the database has must do.
  }
}

/** A message as it was saved, with what came after that. What was left behind is taken away. */
export function withLastWords(message: ChatMessage): ChatMessage {
  try {
    const left: unknown = JSON.parse(localStorage.getItem(PREFIX + message.id) ?? 'null');
    localStorage.removeItem(PREFIX + message.id);
    if (typeof left !== 'object' || left === null || !('content' in left)) return message;
    const { content, thinking = '' } = left as { content: unknown; thinking?: unknown };
    if (typeof content !== 'string' || typeof thinking !== 'string') return message;
    const isLonger =
      content.length + thinking.length > message.content.length + (message.thinking?.length ?? 0);
    return isLonger ? { ...message, content, ...(thinking !== '' && { thinking }) } : message;
  } catch {
    return message;
  }
}

const UNSAVED_PREFIX = 'ollama.unsaved.';

/** Leaves what was said and not saved yet. */
export function leaveUnsaved(name: string, value: unknown): void {
  try {
    const text = JSON.stringify(value);
    if (text.length <= MAX_CHARACTERS) localStorage.setItem(UNSAVED_PREFIX + name, text);
  } catch {
    // As above.
  }
}

/** Takes away what pages left behind when they were closed. */
export function takeUnsaved(): unknown[] {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(UNSAVED_PREFIX));
    return names.map((name): unknown => {
      const text = localStorage.getItem(name) ?? 'null';
      localStorage.removeItem(name);
      return JSON.parse(text);
    });
  } catch {
    return [];
  }
}
