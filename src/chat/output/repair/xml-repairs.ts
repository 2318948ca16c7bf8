/**
 * Reads calls in XML that are nearly right, in whichever of the known spellings: `<function=f>`, `<invoke name="f">`, with
 * parameters as `<parameter=k>` or `<parameter name="k">`. Quotes around names, a missing `</parameter>`, stray closing tags
 * and JSON instead of parameters are accepted. The text of a value is never changed.
 */
import type { Tool } from '../../../api/common.ts';
import { argumentTypes, typedValue } from '../../families/shared/typed-value.ts';
import { recordOf } from '../../families/shared/untrusted-schema.ts';
import type { ParsedCall } from '../output-parser.ts';

/** Parses JSON as arguments; undefined if it is none. */
type ReadObject = (text: string) => Readonly<Record<string, unknown>> | undefined;

const callOpening = /<(?:\w+:)?(?:function|invoke)(?:=|\s+name\s*=)\s*(["']?)([^"'<>\n]{1,128})\1\s*>/y;
const callClosing = /<\/(?:\w+:)?(?:function|invoke)>/g;
const parameterOpening = /<(?:\w+:)?(?:parameter|param)(?:=|\s+name\s*=)\s*(["']?)([^"'<>\n]{1,128})\1\s*>/y;
const parameterStart = /<(?:\w+:)?(?:parameter|param)[=\s]/g;
const parameterClosing = /<\/(?:\w+:)?(?:parameter|param)>/g;
/** A closing tag without an opening one, and white space. */
const stray = /(?:\s+|<\/[\w:]{1,64}>)+/y;

/** @returns undefined unless the text consists of calls of these tools */
export function repairedXmlCalls(
  text: string,
  tools: readonly Tool[],
  readObject: ReadObject,
): ParsedCall[] | undefined {
  const calls: ParsedCall[] = [];
  const reader = new XmlReader(text, readObject);
  while (!reader.isDone) {
    const name = reader.takes(callOpening)?.[2]?.trim();
    const tool = tools.find((candidate) => candidate.function.name === name);
    const values = tool && reader.callOf(tool);
    if (!tool || !values) return undefined;
    calls.push({ name: tool.function.name, arguments: values });
  }
  return calls.length > 0 ? calls : undefined;
}

/** Reads from left to right; every position is passed a fixed number of times. */
class XmlReader {
  readonly #text: string;
  readonly #readObject: ReadObject;
  /** Where tags of each kind are, in ascending order. */
  readonly #closings: Places;
  readonly #callEnds: Places;
  readonly #openings: Places;
  #at = 0;

  constructor(text: string, readObject: ReadObject) {
    this.#text = text;
    this.#readObject = readObject;
    this.#closings = new Places(text, parameterClosing);
    this.#callEnds = new Places(text, callClosing);
    this.#openings = new Places(text, parameterStart);
  }

  /** Whether only white space and stray closing tags are left. */
  get isDone(): boolean {
    this.takes(stray);
    return this.#at >= this.#text.length;
  }

  /** Consumes the match of a sticky expression. */
  takes(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#text);
    this.#at += match?.[0].length ?? 0;
    return match ?? undefined;
  }

  /** The arguments up to the closing tag of the call, which must be there. */
  callOf(tool: Tool): Record<string, unknown> | undefined {
    const values = new Map<string, unknown>();
    for (;;) {
      this.#skipStray();
      if (values.size === 0 && /[{`]/.test(this.#text.charAt(this.#at))) return this.#jsonArguments();
      const key = this.takes(parameterOpening)?.[2]?.trim();
      if (key !== undefined) {
        const value = this.#value(tool, values);
        if (value === undefined) return undefined;
        values.set(key, typedValue(value, argumentTypes(tool, key)));
      } else if (this.#callEnds.from(this.#at)?.at === this.#at) {
        this.#at = this.#callEnds.from(this.#at)?.end ?? this.#at;
        return Object.fromEntries(values);
      } else return undefined;
    }
  }

  #jsonArguments(): Record<string, unknown> | undefined {
    const end = this.#callEnds.from(this.#at);
    const found = end && this.#readObject(this.#text.slice(this.#at, end.at));
    this.#at = end?.end ?? this.#at;
    return found && { ...found };
  }

  /** Passes stray closing tags, but not that of the call. */
  #skipStray(): void {
    for (;;) {
      while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
      if (this.#callEnds.from(this.#at)?.at === this.#at) return;
      const closing = /<\/[\w:]{1,64}>/y;
      if (!this.takes(closing)) return;
    }
  }

  /**
   * The text of a parameter: up to its closing tag, or where that is missing up to the next parameter that the tool has,
   * or up to the end of the call.
   */
  #value(tool: Tool, given: ReadonlyMap<string, unknown>): string | undefined {
    const start = this.#at;
    const closing = this.#closings.from(start);
    const before = closing?.at ?? this.#text.length;
    const callEnd = this.#callEnd(start, before);
    const next = this.#nextParameter(tool, given, callEnd ?? before);
    const end = next ?? callEnd ?? closing?.at;
    if (end === undefined) return undefined;
    this.#at = end === closing?.at ? closing.end : end;
    return this.#text.slice(start, end).replace(/^\n|\n$/g, '');
  }

  /** Where, before a place, the call ends: after its closing tag there is another call, or nothing. */
  #callEnd(from: number, before: number): number | undefined {
    for (
      let place = this.#callEnds.from(from);
      place && place.at < before;
      place = this.#callEnds.from(place.end)
    ) {
      stray.lastIndex = place.end;
      const after = stray.test(this.#text) ? stray.lastIndex : place.end;
      callOpening.lastIndex = after;
      if (after === this.#text.length || callOpening.test(this.#text)) return place.at;
    }
    return undefined;
  }

  /** Where, before a place, another declared parameter begins at the start of a line. */
  #nextParameter(tool: Tool, given: ReadonlyMap<string, unknown>, before: number): number | undefined {
    const properties = recordOf(tool.function.parameters?.properties) ?? {};
    for (
      let place = this.#openings.from(this.#at);
      place && place.at < before;
      place = this.#openings.from(place.end)
    ) {
      if (!isLineStart(this.#text, place.at)) continue;
      parameterOpening.lastIndex = place.at;
      const key = parameterOpening.exec(this.#text)?.[2]?.trim();
      if (key !== undefined && Object.hasOwn(properties, key) && !given.has(key)) return place.at;
    }
    return undefined;
  }
}

function isLineStart(text: string, at: number): boolean {
  let before = at;
  while (before > 0 && ' \t'.includes(text.charAt(before - 1))) before--;
  return before === 0 || text.charAt(before - 1) === '\n';
}

interface Place {
  readonly at: number;
  readonly end: number;
}

/** The matches of an expression in a text, usually asked for in ascending order. */
class Places {
  readonly #found: Place[];
  #index = 0;

  constructor(text: string, expression: RegExp) {
    this.#found = Array.from(text.matchAll(expression), (match) => ({
      at: match.index,
      end: match.index + match[0].length,
    }));
  }

  /** The first match at or after a place. */
  from(at: number): Place | undefined {
    while ((this.#found[this.#index - 1]?.at ?? -1) >= at) this.#index--;
    while ((this.#found[this.#index]?.at ?? at) < at) this.#index++;
    return this.#found[this.#index];
  }
}
