import { JinjaError } from '../../errors.ts';
import { COPIES, ELEMENT_BYTES } from '../../limits.ts';
import { textOf } from '../../print/text.ts';
import type { Rendering } from '../../values/callable.ts';
import { codePointIndex } from '../../values/characters.ts';
import { elementsOf } from '../../values/iteration.ts';
import { isText, like, plain } from '../../values/kinds.ts';
import { escapeHtml, Markup } from '../../values/markup.ts';
import { Tuple } from '../../values/tuple.ts';
import { typeName } from '../../values/type-name.ts';
import type { Text, Value } from '../../values/value.ts';
import { countArgument, textArgument } from '../arguments.ts';
import { capitalized, lower, swapCase, title, upper } from '../letter-case.ts';
import { type Operation, type operation, operations } from '../operation.ts';
import { centered, padded, zeroFilled } from '../padding.ts';
import { find, findLast, replace } from '../search.ts';
import { splitLast, splitLines, splitText } from '../split.ts';
import { removable, stripped } from '../strip.ts';
import { formatMethod } from './format-method.ts';
import { textTests } from './text-tests.ts';

type Body = Parameters<typeof operation<Value>>[2];

function text(value: Value | undefined): Text {
  if (isText(value)) return value;
  throw new JinjaError('expected a text');
}

/** A method that turns a text into another one, which is as safe as the first. */
function changed(
  change: (text: string, values: readonly (Value | undefined)[], rendering: Rendering) => string,
): Body {
  return ([self, ...values], rendering) => {
    const source = text(self);
    rendering.meter.read(plain(source).length * COPIES);
    return like(source, rendering.meter.made(change(plain(source), values, rendering)));
  };
}

/** A method that turns a text into a list of texts. */
function listed(
  split: (text: string, values: readonly (Value | undefined)[], rendering: Rendering) => string[],
): Body {
  return ([self, ...values], rendering) => {
    const source = text(self);
    rendering.meter.write(plain(source).length);
    const parts = split(plain(source), values, rendering);
    return parts.map((part) => like(source, part));
  };
}

function strip(ends: 'both' | 'left' | 'right'): readonly [string, Body] {
  return [
    'characters /',
    changed((source, [characters = null], { meter }) =>
      stripped(
        source,
        characters === null ? undefined : removable(textArgument(characters, 'characters'), meter),
        ends,
      ),
    ),
  ];
}

/** The limit of a split; all if it is negative. */
function limit(value: Value | undefined): number {
  const count = value === undefined ? -1 : countArgument(value, 'maxsplit');
  return count < 0 ? Number.POSITIVE_INFINITY : count;
}

/** A pattern is escaped before it is looked for in a safe text. */
function replaced([self, old, by, count]: readonly (Value | undefined)[], { meter }: Rendering): Value {
  const source = text(self);
  const isSafe = source instanceof Markup;
  const replacement = textArgument(by, 'new');
  const escaped = isSafe && !(by instanceof Markup) ? escapeHtml(replacement, meter) : replacement;
  const times = count === undefined ? -1 : countArgument(count, 'count');
  const most = times < 0 ? Number.POSITIVE_INFINITY : times;
  return like(source, replace(plain(source), textArgument(old, 'old'), escaped, most, meter));
}

function joined([self, values = null]: readonly (Value | undefined)[], { meter }: Rendering): Value {
  const separator = text(self);
  const parts: string[] = [];
  for (const value of elementsOf(values, meter)) {
    if (separator instanceof Markup) {
      parts.push(value instanceof Markup ? value.text : escapeHtml(textOf(value, meter), meter));
    } else if (isText(value)) parts.push(plain(value));
    else
      throw new JinjaError(`sequence item ${parts.length}: expected str instance, ${typeName(value)} found`);
    meter.allocate(ELEMENT_BYTES);
    meter.write((parts.at(-1)?.length ?? 0) + plain(separator).length);
  }
  return like(separator, parts.join(plain(separator)));
}

/** The part of a text between two indexes by code points, which may be negative. */
function part(
  source: string,
  [start = null, end = null]: readonly (Value | undefined)[],
): { from: number; source: string } {
  const points = Array.from(source);
  const place = (value: Value, otherwise: number) => {
    if (value === null) return otherwise;
    const index = countArgument(value, 'index');
    return index < 0 ? Math.max(index + points.length, 0) : index;
  };
  const from = place(start, 0);
  return {
    from,
    source: from > points.length ? '\0none' : points.slice(from, place(end, points.length)).join(''),
  };
}

/** @returns the index by code points; -1 if there is none */
function located(values: readonly (Value | undefined)[], { meter }: Rendering, isLast: boolean): number {
  const [self, pattern, ...bounds] = values;
  const whole = plain(text(self));
  meter.read(whole.length * COPIES);
  const { from, source } = bounds.length === 0 ? { from: 0, source: whole } : part(whole, bounds);
  const wanted = textArgument(pattern, 'sub');
  if (source === '\0none') return -1;
  const index = isLast ? findLast(source, wanted, meter) : find(source, wanted, 0, meter);
  return index < 0 ? -1 : from + codePointIndex(source, index, meter);
}

function indexed(isLast: boolean): Body {
  return (values, rendering) => {
    const index = located(values, rendering, isLast);
    if (index < 0) throw new JinjaError('substring not found');
    return index;
  };
}

function counted([self, pattern, ...bounds]: readonly (Value | undefined)[], { meter }: Rendering): number {
  const whole = plain(text(self));
  const { source } = part(whole, bounds);
  const wanted = textArgument(pattern, 'sub');
  meter.read(whole.length * COPIES);
  if (source === '\0none') return 0;
  if (wanted === '') return Array.from(source).length + 1;
  let count = 0;
  for (let at = find(source, wanted, 0, meter); at >= 0; at = source.indexOf(wanted, at + wanted.length))
    count++;
  meter.step(count);
  return count;
}

function affixed(isEnd: boolean): Body {
  return ([self, affix, ...bounds], { meter }) => {
    const source = bounds.length === 0 ? plain(text(self)) : part(plain(text(self)), bounds).source;
    const candidates = affix instanceof Tuple ? affix.items : [affix];
    return candidates.some((candidate) => {
      const wanted = textArgument(candidate, isEnd ? 'suffix' : 'prefix');
      meter.step();
      meter.read(wanted.length);
      return isEnd ? source.endsWith(wanted) : source.startsWith(wanted);
    });
  };
}

function parted(isLast: boolean): Body {
  return ([self, separator], { meter }) => {
    const source = text(self);
    const wanted = textArgument(separator, 'sep');
    if (wanted === '') throw new JinjaError('empty separator');
    const whole = plain(source);
    const at = isLast ? findLast(whole, wanted, meter) : find(whole, wanted, 0, meter);
    meter.write(whole.length);
    const parts =
      at < 0
        ? isLast
          ? ['', '', whole]
          : [whole, '', '']
        : [whole.slice(0, at), wanted, whole.slice(at + wanted.length)];
    return new Tuple(parts.map((item) => like(source, item)));
  };
}

/** Methods of texts, as Python's str has them. */
export const textMethods: ReadonlyMap<string, Operation> = new Map([
  ...operations<Value>({
    upper: ['/', changed(upper)],
    lower: ['/', changed(lower)],
    casefold: ['/', changed(lower)],
    title: ['/', changed(title)],
    capitalize: ['/', changed(capitalized)],
    swapcase: ['/', changed(swapCase)],
    strip: strip('both'),
    lstrip: strip('left'),
    rstrip: strip('right'),
    removeprefix: [
      'prefix! /',
      changed((source, [prefix]) => {
        const wanted = textArgument(prefix, 'prefix');
        return source.startsWith(wanted) ? source.slice(wanted.length) : source;
      }),
    ],
    removesuffix: [
      'suffix! /',
      changed((source, [suffix]) => {
        const wanted = textArgument(suffix, 'suffix');
        return wanted !== '' && source.endsWith(wanted) ? source.slice(0, -wanted.length) : source;
      }),
    ],
    ljust: ['width! fill /', changed((source, values, { meter }) => padded(source, values, 'right', meter))],
    rjust: ['width! fill /', changed((source, values, { meter }) => padded(source, values, 'left', meter))],
    center: ['width! fill /', changed((source, values, { meter }) => centered(source, values, meter))],
    zfill: [
      'width! /',
      changed((source, [width], { meter }) => zeroFilled(source, countArgument(width, 'width'), meter)),
    ],
    split: [
      'sep maxsplit',
      listed((source, [separator = null, most], { meter }) =>
        splitText(source, separator, limit(most), meter),
      ),
    ],
    rsplit: [
      'sep maxsplit',
      listed((source, [separator = null, most], { meter }) =>
        splitLast(source, separator, limit(most), meter),
      ),
    ],
    splitlines: [
      'keepends',
      listed((source, [keeps = false], { meter }) =>
        splitLines(source, keeps !== false && keeps !== 0, meter),
      ),
    ],
    replace: ['old! new! count /', replaced],
    join: ['values! /', joined],
    find: ['sub! start end /', (values, rendering) => located(values, rendering, false)],
    rfind: ['sub! start end /', (values, rendering) => located(values, rendering, true)],
    index: ['sub! start end /', indexed(false)],
    rindex: ['sub! start end /', indexed(true)],
    count: ['sub! start end /', counted],
    startswith: ['prefix! start end /', affixed(false)],
    endswith: ['suffix! start end /', affixed(true)],
    partition: ['sep! /', parted(false)],
    rpartition: ['sep! /', parted(true)],
    ...textTests,
  }),
  ['format', formatMethod],
]);
