/** What is known of a chat's file without reading it again: where its entries begin, their IDs, and its summary. */
import type { FileHandle } from 'node:fs/promises';
import type { ChatSummary } from '../api/chats.ts';
import { MIB } from '../base/units.ts';
import { type EntryHead, NEWLINE, readHead, TITLE_LINE_BYTES } from './entry-line.ts';

/** Bytes that are read and searched at once: a fraction of a millisecond of work. */
const PIECE_BYTES = MIB;

interface Place {
  readonly start: number;
  readonly end: number;
}

/** The index of one file. It follows the file as it grows. */
export class ChatIndex {
  /** Tells the file from another one that takes its place. */
  readonly identity: string;
  readonly ids = new Set<string>();
  /** Where each entry begins and ends in the file; its line feed is at the end. */
  readonly #places: Place[] = [];
  #end = 0;
  #last: Promise<void> = Promise.resolve();
  #title = { text: '', at: Number.NEGATIVE_INFINITY };
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;

  constructor(identity: string) {
    this.identity = identity;
  }

  get entries(): number {
    return this.#places.length;
  }

  /** Bytes of the file up to the end of its last whole line. */
  get end(): number {
    return this.#end;
  }

  /**
   * The places of entries from a number on, as many as fit into a reply: at least one, if there is one.
   * @param bytes of the part of the file that is read
   */
  placesFrom(first: number, bytes: number): readonly Place[] {
    const start = this.#places[first]?.start ?? 0;
    let last = first + 1;
    while ((this.#places[last]?.end ?? Number.POSITIVE_INFINITY) - start <= bytes) last += 1;
    return this.#places.slice(first, last);
  }

  summary(id: string): ChatSummary {
    return {
      id,
      title: this.#title.text,
      created_at: timeText(this.#from),
      updated_at: timeText(this.#to),
      entries: this.entries,
      size: this.#end,
    };
  }

  /**
   * Takes the lines that the file has beyond what is known. A last line without an end does not count.
   * @throws system errors of reading
   */
  follow(file: FileHandle): Promise<void> {
    // One after the other, because a reading that is overtaken would go back.
    const following = this.#last.then(() => this.#follow(file));
    this.#last = following.catch(() => undefined);
    return following;
  }

  async #follow(file: FileHandle): Promise<void> {
    const { size } = await file.stat();
    if (size === this.#end) return;
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(1, size - this.#end)));
    let lineHead: Buffer = Buffer.alloc(0);
    let [lineStart, at] = [this.#end, this.#end];
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, piece.length, at);
      if (bytesRead === 0) return;
      let begin = 0;
      const read = piece.subarray(0, bytesRead);
      for (let end = read.indexOf(NEWLINE); end >= 0; end = read.indexOf(NEWLINE, begin)) {
        const length = at + end - lineStart;
        this.#takeLine(joined(lineHead, read.subarray(begin, end)), lineStart, length);
        begin = end + 1;
        lineStart = at + begin;
        lineHead = Buffer.alloc(0);
      }
      lineHead = joined(lineHead, read.subarray(begin));
      at += bytesRead;
    }
  }

  #takeLine(bytes: Buffer, start: number, length: number): void {
    const found = readHead(bytes.subarray(0, length));
    this.#end = start + length + 1;
    // Somebody may have edited the file: what is not an entry is in no reply.
    if (found && !this.ids.has(found.id)) this.#add(found, { start, end: start + length });
  }

  #add({ id, at, title }: EntryHead, place: Place): void {
    this.ids.add(id);
    this.#places.push(place);
    if (title !== undefined && at >= this.#title.at) this.#title = { text: title, at };
    this.#from = Math.min(this.#from, at);
    this.#to = Math.max(this.#to, at);
  }
}

/** The beginning of a line, as far as its head is read from it. */
function joined(head: Buffer, more: Buffer): Buffer {
  const missing = TITLE_LINE_BYTES - head.length;
  return missing <= 0 ? head : Buffer.concat([head, more.subarray(0, missing)]);
}

function timeText(time: number): string {
  return new Date(Number.isFinite(time) ? time : 0).toISOString();
}
