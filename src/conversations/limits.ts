/** What the chats of one owner may take, so that nobody fills the disk of a machine that is shared. */
import { GIB, MIB } from '../base/units.ts';

/** The bounds of a store; tests set smaller ones. */
export interface ConversationLimits {
  readonly entryBytes: number;
  readonly chatBytes: number;
  readonly chatEntries: number;
  readonly chats: number;
  readonly ownerBytes: number;
  readonly readBytes: number;
}

export const conversationLimits: ConversationLimits = {
  /** Bytes of one entry as JSON: a message with attachments of 24 MiB in base64, and its text. */
  entryBytes: 32 * MIB,
  /** Bytes of one chat: a long conversation with a dozen photographs takes a fifth of it. */
  chatBytes: 256 * MIB,
  /** Entries of one chat: years of daily use. Their IDs are held in memory while the chat is in use. */
  chatEntries: 10_000,
  /** A page lists all of them at once. */
  chats: 5000,
  /** Bytes of all chats of one owner. */
  ownerBytes: 2 * GIB,
  /** Bytes of the entries in one reply, unless the first one alone has more. */
  readBytes: 8 * MIB,
};
