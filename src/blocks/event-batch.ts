/** vLLM's events about a KV cache in MessagePack (0.33, `distributed/kv_events.py`). */
import type { HeldMedium } from '../protocol/held-report.ts';
import { MessagePack } from './message-pack.ts';

/** Blocks one after another in a sequence that can be reused from now on. */
export interface BlockStored {
  readonly type: 'BlockStored';
  readonly hashes: readonly Uint8Array[];
  /** Absent = the first block is the first of its sequence. */
  readonly parent?: Uint8Array | undefined;
  /** The tokens of all blocks. */
  readonly tokens: readonly number[];
  readonly blockSize: number;
  readonly medium: HeldMedium;
  /** The hash of the salt of the sequence; "" = there is no salt. */
  readonly salt: string;
}

/** Blocks that can no longer be reused. */
interface BlockRemoved {
  readonly type: 'BlockRemoved';
  readonly hashes: readonly Uint8Array[];
  readonly medium: HeldMedium;
}

interface AllBlocksCleared {
  readonly type: 'AllBlocksCleared';
}

export type KvEvent = BlockStored | BlockRemoved | AllBlocksCleared;

/** There is one engine behind each address, so there is one rank. */
const RANK = 0;
/** Blocks of all layers belong together. */
const GROUP = 0;
/** A prompt can begin from any block of a sequence; routers use no events that do not say so. */
const KIND = 'full_attention';

/** Fields of both events, with the type. */
const STORED_FIELDS = 11;
const REMOVED_FIELDS = 4;

/** @param seconds since 1970 */
export function encodeBatch(events: readonly KvEvent[], seconds: number): Buffer {
  const pack = new MessagePack();
  pack.list(3);
  pack.float(seconds);
  pack.list(events.length);
  for (const event of events) addEvent(pack, event);
  pack.integer(RANK);
  return pack.written;
}

function addEvent(pack: MessagePack, event: KvEvent): void {
  const isStored = event.type === 'BlockStored';
  // vLLM's encoder reserves room for the fields that have their defaults.
  if (isStored) pack.wideMap(STORED_FIELDS);
  else pack.map(event.type === 'BlockRemoved' ? REMOVED_FIELDS : 1);
  pack.text('type');
  pack.text(event.type);
  if (event.type === 'AllBlocksCleared') return;
  pack.text('block_hashes');
  pack.list(event.hashes.length);
  for (const hash of event.hashes) pack.bytes(hash);
  if (isStored) addContent(pack, event);
  else {
    pack.text('medium');
    pack.text(event.medium);
  }
  pack.text('group_idx');
  pack.integer(GROUP);
  if (!isStored) return;
  pack.text('kv_cache_spec_kind');
  pack.text(KIND);
}

function addContent(pack: MessagePack, event: BlockStored): void {
  const { hashes, parent, tokens, blockSize, medium, salt } = event;
  pack.text('parent_block_hash');
  if (parent) pack.bytes(parent);
  else pack.nil();
  pack.text('token_ids');
  pack.list(tokens.length);
  for (const token of tokens) pack.integer(token);
  pack.text('block_size');
  pack.integer(blockSize);
  pack.text('lora_id');
  pack.nil();
  pack.text('medium');
  pack.text(medium);
  pack.text('lora_name');
  pack.nil();
  pack.text('extra_keys');
  pack.list(hashes.length);
  // Only the first block of a sequence has its salt; the others follow from it.
  for (const index of hashes.keys()) addSalt(pack, index === 0 && !parent ? salt : '');
}

function addSalt(pack: MessagePack, salt: string): void {
  if (salt === '') pack.nil();
  else {
    pack.list(1);
    pack.text(salt);
  }
}
