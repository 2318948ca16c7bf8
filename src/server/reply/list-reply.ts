import { KIB } from '../../base/units.ts';
import { turns } from '../turns.ts';
import { JSON_TYPE, jsonReply } from './http-reply.ts';

/** Characters of JSON that are written at once: about a millisecond of work. */
const PIECE_CHARACTERS = 256 * KIB;

/**
 * A JSON reply with one list that may be very long. Such a list is encoded piece by piece, each when the client has taken
 * the one before and others have had their turn.
 * @param list name of the member of `value` that is the list
 */
export function listReply<Name extends string>(
  value: Readonly<Record<Name, readonly unknown[]>>,
  list: Name,
  headers: Readonly<Record<string, string>>,
): Response {
  const items = value[list];
  const size = items.length * (JSON.stringify(items[0])?.length ?? 0);
  if (size <= PIECE_CHARACTERS) return jsonReply(value, headers);
  const encoder = new TextEncoder();
  const pieces = jsonPieces(value, list);
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

/** The text of `JSON.stringify(value)` in pieces. */
function* jsonPieces(value: object, list: string): Generator<string, void> {
  let held = '{';
  let separator = '';
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    held += `${separator}${JSON.stringify(name)}:`;
    separator = ',';
    if (name !== list) {
      held += JSON.stringify(member);
      continue;
    }
    held += '[';
    for (const [index, item] of (member as readonly unknown[]).entries()) {
      held += (index === 0 ? '' : ',') + JSON.stringify(item);
      if (held.length < PIECE_CHARACTERS) continue;
      yield held;
      held = '';
    }
    held += ']';
  }
  yield `${held}}`;
}
