import { KIB } from '../../base/units.ts';
import { turns } from '../turns.ts';
import { JSON_TYPE, jsonReply } from './http-reply.ts';

/** Characters of JSON that are written at once: about a millisecond of work. */
const PIECE_CHARACTERS = 256 * KIB;
/** Such a list is encoded at once, which is faster than item by item: it is a vector, for example. */
const SHORT_LIST = 8192;

/**
 * A JSON reply with lists that may be very long. Such lists, and the lists in them, are encoded piece by piece, each when the client
 * has taken the one before and others have had their turn.
 */
export function listReply(value: object, headers: Readonly<Record<string, string>>): Response {
  if (guessedSize(value) <= PIECE_CHARACTERS) return jsonReply(value, headers);
  const encoder = new TextEncoder();
  const pieces = jsonPieces(value);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await turns.next();
      const { done, value: text } = pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(text));
    },
  });
  return new Response(body, { headers: { 'Content-Type': JSON_TYPE, ...headers } });
}

/** Characters of the lists, as if all items of a list were as long as its first. */
function guessedSize(value: object): number {
  const lists = Object.values(value).filter((member): member is unknown[] => Array.isArray(member));
  return lists.reduce((total, list) => total + guessedListSize(list), 0);
}

function guessedListSize(list: readonly unknown[]): number {
  if (list.every((item) => Array.isArray(item)))
    return list.reduce<number>((total, item) => total + guessedListSize(item as unknown[]), 0);
  return list.length * (JSON.stringify(list[0])?.length ?? 0);
}

/** The text of `JSON.stringify(value)` in pieces. */
function* jsonPieces(value: object): Generator<string, void> {
  let held = '{';
  let separator = '';
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    held += `${separator}${JSON.stringify(name)}:`;
    separator = ',';
    if (Array.isArray(member)) held = yield* listPieces(member, held);
    else held += JSON.stringify(member);
  }
  yield `${held}}`;
}

/** @returns what is not yet a piece, with what was held before */
function* listPieces(list: readonly unknown[], before: string): Generator<string, string> {
  let held = `${before}[`;
  for (const [index, item] of list.entries()) {
    if (index > 0) held += ',';
    if (Array.isArray(item) && item.length > SHORT_LIST) held = yield* listPieces(item, held);
    else held += JSON.stringify(item) ?? 'null';
    if (held.length < PIECE_CHARACTERS) continue;
    yield held;
    held = '';
  }
  return `${held}]`;
}
