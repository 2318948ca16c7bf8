import { JinjaError } from '../../errors.ts';
import { formatted } from '../../print/format-spec.ts';
import { repr } from '../../print/repr.ts';
import { textOf } from '../../print/text.ts';
import type { Arguments, Rendering } from '../../values/callable.ts';
import { isText, like, plain } from '../../values/kinds.ts';
import { escapeHtml, Markup } from '../../values/markup.ts';
import type { Value } from '../../values/value.ts';

const brace = /[{}]/g;
const member = /\.([^.[\]]+)|\[([^\]]+)\]/y;

/** Python's `text.format(…)`. @throws JinjaError for fields without a value @throws OverLimit */
export function formatMethod(self: Value, passed: Arguments, rendering: Rendering): Value {
  if (!isText(self)) throw new JinjaError('expected a text');
  const fields = new Fields(passed, rendering, self instanceof Markup);
  return like(self, fields.format(plain(self), 2));
}

/** Replaces the fields of a format, which are numbered in order unless they say otherwise. */
class Fields {
  readonly #passed: Arguments;
  readonly #rendering: Rendering;
  readonly #isSafe: boolean;
  /** The next number; undefined after a field with a number of its own. */
  #next: number | undefined = 0;

  constructor(passed: Arguments, rendering: Rendering, isSafe: boolean) {
    this.#passed = passed;
    this.#rendering = rendering;
    this.#isSafe = isSafe;
  }

  /** @param levels how deeply fields may be nested in the specifications of others */
  format(text: string, levels: number): string {
    if (levels < 0) throw new JinjaError('max string recursion exceeded');
    const { meter } = this.#rendering;
    let result = '';
    for (let at = 0; at < text.length; ) {
      brace.lastIndex = at;
      const found = brace.exec(text)?.index ?? text.length;
      meter.step();
      const character = text[found] ?? '';
      result += meter.made(text.slice(at, found));
      if (character === '') return result;
      if (text[found + 1] === character) {
        result += character;
        at = found + 2;
      } else if (character === '}') throw new JinjaError("single '}' encountered in format string");
      else {
        const end = this.#fieldEnd(text, found + 1);
        const part = this.#field(text.slice(found + 1, end), levels);
        result += meter.made(part);
        at = end + 1;
      }
    }
    return result;
  }

  #fieldEnd(text: string, start: number): number {
    let depth = 1;
    for (let at = start; at < text.length; at++) {
      if (text[at] === '{') depth++;
      else if (text[at] === '}' && --depth === 0) return at;
    }
    throw new JinjaError("expected '}' before end of string");
  }

  #field(field: string, levels: number): string {
    const parsed = /^((?:\[[^\]]*\]|[^![\]:])*)(?:!([\s\S]?))?(?::([\s\S]*))?$/.exec(field);
    if (!parsed) throw new JinjaError('expected a conversion after ! in a format string');
    const [, name = '', conversion, specification = ''] = parsed;
    return this.#text(this.#value(name), conversion, this.format(specification, levels - 1));
  }

  #text(value: Value, conversion: string | undefined, specification: string): string {
    const { meter } = this.#rendering;
    const converted = this.#converted(value, conversion);
    if (!this.#isSafe) return formatted(converted, specification, meter);
    if (converted instanceof Markup && specification === '') return converted.text;
    return escapeHtml(formatted(converted, specification, meter), meter);
  }

  #converted(value: Value, conversion: string | undefined): Value {
    const { meter } = this.#rendering;
    if (conversion === undefined) return value;
    if (conversion === 's') return textOf(value, meter);
    if (conversion === 'r' || conversion === 'a') return repr(value, meter);
    throw new JinjaError(`unknown conversion specifier ${conversion}`);
  }

  #value(name: string): Value {
    const [first = ''] = /^[^.[]*/.exec(name) ?? [];
    let value = this.#argument(first);
    member.lastIndex = first.length;
    while (member.lastIndex < name.length) {
      const found = member.exec(name);
      if (!found) throw new JinjaError('empty attribute in format string');
      const [, attribute, element = ''] = found;
      const key = /^\d+$/.test(element) ? Number(element) : element;
      value =
        attribute === undefined
          ? this.#rendering.item(value, key)
          : this.#rendering.attribute(value, attribute);
    }
    return value;
  }

  #argument(name: string): Value {
    if (name === '' || /^\d+$/.test(name)) {
      const value = this.#passed.positional[this.#number(name)];
      if (value === undefined)
        throw new JinjaError('replacement index out of range for positional args tuple');
      return value;
    }
    const value = this.#passed.named.get(name);
    if (value === undefined) throw new JinjaError(`no value for the field '${name}'`);
    return value;
  }

  #number(name: string): number {
    if (name !== '') {
      if (this.#next !== undefined && this.#next > 0) {
        throw new JinjaError('cannot switch from automatic field numbering to manual field specification');
      }
      this.#next = undefined;
      return Number(name);
    }
    if (this.#next === undefined) {
      throw new JinjaError('cannot switch from manual field specification to automatic field numbering');
    }
    return this.#next++;
  }
}
