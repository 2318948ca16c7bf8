import { OllamaError } from '../base/errors.ts';
import { KIB, MIB } from '../base/units.ts';
import type { ChatIndex } from './chat-index.ts';
import type { EncodedEntry } from './entry-line.ts';
import type { ConversationLimits } from './limits.ts';

/** What an owner has. */
export interface OwnerTotal {
  readonly chats: number;
  readonly bytes: number;
}

export interface Append {
  readonly index: Pick<ChatIndex, 'entries' | 'end'>;
  readonly added: readonly EncodedEntry[];
  readonly total: OwnerTotal;
  readonly limits: ConversationLimits;
}

/** Refuses what would exceed a limit, all of it. @throws OllamaError `too-large` that says what to delete, `invalid-request` */
export function checkAppend({ index, added, total, limits }: Append): void {
  const bytes = added.reduce((sum, { line }) => sum + line.length, 0);
  const large = added.findIndex(({ line }) => line.length > limits.entryBytes);
  if (large >= 0) {
    throw tooLarge(
      `the entry ${JSON.stringify(added[large]?.id)} is larger than ${sizeText(limits.entryBytes)}: leave attachments out of its message`,
    );
  }
  if (index.entries + added.length > limits.chatEntries) {
    throw tooLarge(`a chat has at most ${limits.chatEntries} entries: begin a new chat`);
  }
  if (index.end + bytes > limits.chatBytes) {
    throw tooLarge(`a chat has at most ${sizeText(limits.chatBytes)}: begin a new chat`);
  }
  const isNew = index.end === 0;
  if (isNew && added.length === 0) {
    throw new OllamaError('invalid-request', 'field "entries": must not be empty where a chat begins');
  }
  if (isNew && total.chats >= limits.chats) {
    throw tooLarge(`the server keeps at most ${limits.chats} chats for each key: delete old chats`);
  }
  if (total.bytes + bytes > limits.ownerBytes) {
    throw tooLarge(
      `the server keeps at most ${sizeText(limits.ownerBytes)} of chats for each key: delete old or large chats`,
    );
  }
}

function tooLarge(message: string): OllamaError {
  return new OllamaError('too-large', message);
}

function sizeText(bytes: number): string {
  if (bytes < KIB) return `${bytes} bytes`;
  return bytes < MIB ? `${Math.round(bytes / KIB)} KiB` : `${Math.round(bytes / MIB)} MiB`;
}
