import { randomBytes } from 'node:crypto';
import type { ToolCall } from '../../api/common.ts';
import { measureJson } from '../../api/json-shape.ts';
import { OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';

/** Calls in one answer. */
const MAX_CALLS = 1000;
/** Characters of the arguments of all calls of an answer: a file that an agent writes, several times over. */
const MAX_ARGUMENTS = 16 * 1024 * 1024;
/** Parts of the JSON of one call's arguments. */
const MAX_PARTS = 400_000;

interface Fragment {
  readonly index: number;
  /** "" = the same as before. */
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

/** Puts calls together whose arguments come in pieces. The native API has whole calls only. */
export class CallCollector {
  #open: { index: number; id: string; name: string; texts: string[] } | undefined;
  /** The indexes of the calls that were handed out: no piece can be added to them. */
  readonly #handedOut = new Set<number>();
  #count = 0;
  #characters = 0;

  /** Characters of the arguments so far. */
  get characters(): number {
    return this.#characters;
  }

  /** @returns the call before, if this is a fragment of another one */
  add({ index, id, name, text }: Fragment): ToolCall[] {
    this.#characters += text.length;
    if (this.#characters > MAX_ARGUMENTS || this.#count >= MAX_CALLS) {
      throw new OllamaError('upstream', 'it sent more tool calls than any answer has', { status: 502 });
    }
    const open = this.#open;
    // Some servers number all calls 0, and give each its ID, or only its name in front of whole arguments.
    const isNext =
      id === '' && name !== '' && text.startsWith('{') && (open?.texts.at(-1)?.endsWith('}') ?? false);
    const isSame = open?.index === index && (id === '' || id === open.id) && !isNext;
    if (open && isSame) {
      open.name ||= name;
      open.texts.push(text);
      return [];
    }
    const before = this.end();
    if (name === '' && this.#handedOut.has(index)) {
      throw new OllamaError('upstream', 'it sent a piece of a tool call behind the end of that call', {
        status: 502,
      });
    }
    this.#open = { index, id, name, texts: [text] };
    return before;
  }

  /** The call that is not complete yet, which no more will come of. */
  end(): ToolCall[] {
    const open = this.#open;
    if (!open) return [];
    this.#open = undefined;
    this.#handedOut.add(open.index);
    return [
      {
        id: open.id || `call_${randomBytes(6).toString('hex')}`,
        function: { index: this.#count++, name: open.name, arguments: parsed(open.texts.join('')) },
      },
    ];
  }
}

/** Arguments that are not a JSON object, such as those that a limit cut, are kept as text. */
function parsed(text: string): JsonObject | string {
  if (text.trim() === '') return {};
  try {
    measureJson(Buffer.from(text), MAX_PARTS);
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : text;
  } catch {
    return text;
  }
}
