import { JinjaError } from '../../errors.ts';
import { COPIES } from '../../limits.ts';
import { arithmetic } from '../../operators/arithmetic.ts';
import { encodeJson } from '../../print/json.ts';
import { printf } from '../../print/printf.ts';
import { textOf } from '../../print/text.ts';
import type { Arguments, Rendering } from '../../values/callable.ts';
import { characters, codePointLength } from '../../values/characters.ts';
import { Dict } from '../../values/dict.ts';
import { elementsOf, lengthOf, listOf } from '../../values/iteration.ts';
import { isText, like, plain } from '../../values/kinds.ts';
import { escapeHtml, Markup } from '../../values/markup.ts';
import { isTrue } from '../../values/truth.ts';
import { Tuple } from '../../values/tuple.ts';
import { typeName } from '../../values/type-name.ts';
import type { Text, Value } from '../../values/value.ts';
import { countArgument, textArgument } from '../arguments.ts';
import { capitalized, lower, upper } from '../letter-case.ts';
import { type Operation, operations } from '../operation.ts';
import { centered, filling } from '../padding.ts';
import { replace } from '../search.ts';
import { splitLines } from '../split.ts';
import { removable, stripped } from '../strip.ts';
import { attributeGetter } from './attribute-path.ts';

type Values = readonly (Value | undefined)[];

/** The value as a text, which stays as safe as it is. */
function soft(value: Value | undefined, { meter }: Rendering): Text {
  return isText(value) ? value : textOf(value ?? null, meter);
}

/** A filter that turns the text of a value into another one. */
function changed(change: (text: string, values: Values, rendering: Rendering) => string) {
  return ([input, ...values]: Values, rendering: Rendering): Value => {
    const source = soft(input, rendering);
    rendering.meter.read(plain(source).length * COPIES);
    return like(source, rendering.meter.made(change(plain(source), values, rendering)));
  };
}

/** What stands between the words of a title. */
const betweenWords = /([-\s({[<]+)/;

/** Unlike the method of this name, leaves the letter behind an apostrophe small. */
function title(text: string): string {
  return text
    .split(betweenWords)
    .map((part) => {
      const [first = ''] = part;
      return first.toUpperCase() + part.slice(first.length).toLowerCase();
    })
    .join('');
}

function joined([input = null, separator = '', attribute]: Values, { meter }: Rendering): string {
  const get = attributeGetter(attribute, meter);
  const by = textOf(separator, meter);
  const parts: string[] = [];
  for (const element of elementsOf(input, meter)) {
    const part = textOf(get(element), meter);
    meter.write(part.length + (parts.length > 0 ? by.length : 0));
    parts.push(part);
  }
  return parts.join(by);
}

function replaced([input = null, old = null, by = null, count = null]: Values, { meter }: Rendering): string {
  const times = count === null ? -1 : countArgument(count, 'count');
  const most = times < 0 ? Number.POSITIVE_INFINITY : times;
  return replace(textOf(input, meter), textOf(old, meter), textOf(by, meter), most, meter);
}

function indented(
  [input = null, width = 4, first = false, blank = false]: Values,
  { meter }: Rendering,
): Value {
  const source = arithmetic['+'](input, '\n', meter);
  if (!isText(source)) throw new JinjaError('only a text can be indented');
  const indent = isText(width) ? plain(width) : filling(' ', countArgument(width, 'width'), meter);
  const lines = splitLines(plain(source), false, meter);
  meter.write(plain(source).length + lines.length * indent.length);
  const [head = '', ...rest] = lines;
  const indentsBlank = isTrue(blank);
  const text = [head, ...rest.map((line) => (line !== '' || indentsBlank ? indent + line : line))].join('\n');
  return like(source, isTrue(first) ? indent + text : text);
}

function truncated(
  [input = null, width = 255, kills = false, end = '...', leeway = 5]: Values,
  { meter }: Rendering,
): Value {
  const rest = countArgument(width, 'length') - codePointLength(textArgument(end, 'end'), meter);
  if (rest < 0) throw new JinjaError('the length is below that of the end');
  const length = lengthOf(input, meter);
  if (length === undefined) throw new JinjaError(`object of type '${typeName(input)}' has no len()`);
  if (length <= countArgument(width, 'length') + countArgument(leeway, 'leeway')) return input;
  const short = characters(textArgument(input, 's'), meter).slice(0, rest).join('');
  const space = isTrue(kills) ? -1 : short.lastIndexOf(' ');
  return meter.made((space < 0 ? short : short.slice(0, space)) + textArgument(end, 'end'));
}

/** Hugging Face's filter, which unlike jinja2's own escapes nothing for HTML. */
function json(
  [input = null, ascii = false, indent = null, separators = null, sort = false]: Values,
  { meter }: Rendering,
): string {
  const pair = separators === null ? undefined : listOf(separators, meter);
  if (pair && pair.length !== 2) throw new JinjaError('separators must be a pair');
  const indentText =
    indent === null
      ? undefined
      : isText(indent)
        ? plain(indent)
        : filling(' ', countArgument(indent, 'indent'), meter);
  const options = {
    isAscii: isTrue(ascii),
    indent: indentText,
    itemSeparator: pair ? textArgument(pair[0], 'separators') : indentText === undefined ? ', ' : ',',
    keySeparator: pair ? textArgument(pair[1], 'separators') : ': ',
    isSorted: isTrue(sort),
  };
  return encodeJson(input, options, meter);
}

function escaped([input = null]: Values, { meter }: Rendering): Markup {
  return input instanceof Markup ? input : new Markup(escapeHtml(textOf(input, meter), meter));
}

/** `format|format(values)` is `format % values`. */
function format(input: Value, { positional, named }: Arguments, rendering: Rendering): Value {
  if (positional.length > 0 && named.size > 0) {
    throw new JinjaError("can't handle positional and keyword arguments at the same time");
  }
  const values = named.size > 0 ? Dict.of(named, rendering.meter) : new Tuple(positional);
  const source = soft(input, rendering);
  if (source instanceof Markup) return arithmetic['%'](source, values, rendering.meter);
  return printf(source, values, rendering.meter);
}

const encodedQuery: Readonly<Record<string, string>> = { '%20': '+' };

/** Percent escapes for what is not unreserved in a URL. */
function quotedUrl(text: string, isQuery: boolean, { meter }: Rendering): string {
  meter.read(text.length * COPIES);
  meter.ensure(text.length * 9 * 2);
  const quoted = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const result = isQuery
    ? quoted.replace(/%20/g, (found) => encodedQuery[found] ?? found)
    : quoted.replaceAll('%2F', '/');
  return meter.made(result);
}

function urlEncoded([input = null]: Values, rendering: Rendering): string {
  const { meter } = rendering;
  if (!(input instanceof Dict) && !Array.isArray(input) && !(input instanceof Tuple)) {
    return quotedUrl(textOf(input, meter), false, rendering);
  }
  const pairs =
    input instanceof Dict ? [...input.entries()] : listOf(input, meter).map((pair) => listOf(pair, meter));
  if (pairs.some((pair) => pair.length !== 2)) throw new JinjaError('a query is made from pairs');
  return pairs
    .map((pair) => pair.map((part) => quotedUrl(textOf(part ?? null, meter), true, rendering)).join('='))
    .join('&');
}

export const textFilters: ReadonlyMap<string, Operation> = new Map([
  ...operations<Value>({
    upper: ['', changed(upper)],
    lower: ['', changed(lower)],
    title: ['', changed(title)],
    capitalize: ['', changed(capitalized)],
    trim: [
      'chars',
      changed((text, [chars = null], { meter }) =>
        stripped(text, chars === null ? undefined : removable(textArgument(chars, 'chars'), meter), 'both'),
      ),
    ],
    center: ['width', changed((text, [width = 80], { meter }) => centered(text, [width], meter))],
    string: ['', ([input], rendering) => soft(input, rendering)],
    safe: ['', ([input = null], { meter }) => new Markup(textOf(input, meter))],
    escape: ['', escaped],
    e: ['', escaped],
    forceescape: ['', ([input = null], { meter }) => new Markup(escapeHtml(textOf(input, meter), meter))],
    join: ['d attribute', joined],
    replace: ['old! new! count', replaced],
    indent: ['width first blank', indented],
    truncate: ['length killwords end leeway', truncated],
    tojson: ['ensure_ascii indent separators sort_keys', json],
    urlencode: ['', urlEncoded],
    wordcount: [
      '',
      ([input], rendering) => {
        const text = plain(soft(input, rendering));
        rendering.meter.read(text.length * COPIES);
        return text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0;
      },
    ],
  }),
  ['format', format],
]);
