import { describe, expect, it } from 'vitest';
import { parseTraceContext } from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const parent = `00-${TRACE}-${SPAN}-01`;

describe('a traceparent', () => {
  it('names trace, span and whether they are recorded', () => {
    expect(parseTraceContext(parent, undefined)).toEqual({ traceId: TRACE, parentId: SPAN, isSampled: true });
    expect(parseTraceContext(`00-${TRACE}-${SPAN}-00`, undefined)?.isSampled).toBe(false);
    // Only the lowest bit says so.
    expect(parseTraceContext(`00-${TRACE}-${SPAN}-fe`, undefined)?.isSampled).toBe(false);
    expect(parseTraceContext(`00-${TRACE}-${SPAN}-ff`, undefined)?.isSampled).toBe(true);
  });

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['other text', 'garbage'],
    ['capital letters', parent.toUpperCase()],
    ['a space', ` ${parent}`],
    ['a line break at the end', `${parent}\n`],
    ['a trace ID of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span ID of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['the forbidden version', `ff-${TRACE}-${SPAN}-01`],
    ['more than the known version has', `${parent}-00`],
    ['a short trace ID', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a long span ID', `00-${TRACE}-${SPAN}0-01`],
    ['two headers in one', `${parent}, ${parent}`],
    ['flags of one digit', `00-${TRACE}-${SPAN}-1`],
    ['a later version with text glued to it', `01-${TRACE}-${SPAN}-01x`],
    ['16 KB', `00-${'a'.repeat(16_384)}`],
  ])('is ignored with its state if it is %s', (_, text) => {
    expect(parseTraceContext(text, 'vendor=1')).toBeUndefined();
  });

  it('of a later version may have more fields', () => {
    expect(parseTraceContext(`01-${TRACE}-${SPAN}-01-more`, undefined)?.traceId).toBe(TRACE);
    expect(parseTraceContext(`cc-${TRACE}-${SPAN}-01`, undefined)?.traceId).toBe(TRACE);
  });
});

describe('a tracestate', () => {
  const stateOf = (text: string) => parseTraceContext(parent, text)?.state;

  it.each([
    'vendor=1',
    'a=1,b=2',
    'a=1 , b=2',
    'a=1,,b=2',
    'tenant@system=x',
    'a=with space',
    `a=${'x'.repeat(256)}`,
  ])('is kept as it came: %s', (text) => expect(stateOf(text)).toBe(text));

  it.each([
    'garbage',
    'A=1',
    'a=',
    'a=1,a=2',
    'a=b=c',
    'a=ü',
    'a=1,b',
    ' , ,',
    `a=${'x'.repeat(257)}`,
    `a=${'x'.repeat(200)},b=${'x'.repeat(200)},c=${'x'.repeat(200)}`,
    Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(','),
  ])('that is not valid is dropped alone: %s', (text) => {
    expect(parseTraceContext(parent, text)).toEqual({ traceId: TRACE, parentId: SPAN, isSampled: true });
  });
});
