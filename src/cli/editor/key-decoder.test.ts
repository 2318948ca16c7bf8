import { describe, expect, it } from 'vitest';
import { KeyDecoder } from './key-decoder.ts';
import { type KeyEvent, MAX_TEXT_LENGTH } from './key-event.ts';

const key = (name: string): KeyEvent => ({ type: 'key', name });
const text = (written: string): KeyEvent => ({ type: 'text', text: written });

function decode(...chunks: (string | Uint8Array)[]): KeyEvent[] {
  const decoder = new KeyDecoder();
  return chunks.flatMap((chunk) => decoder.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
}

describe('KeyDecoder', () => {
  it.each([
    ['\r', 'enter'],
    ['\n', 'C-j'],
    ['\t', 'tab'],
    ['\u007f', 'backspace'],
    ['\b', 'C-h'],
    ['\u0001', 'C-a'],
    ['\u001a', 'C-z'],
    ['\u001f', 'C-_'],
    ['\u001b[A', 'up'],
    ['\u001bOB', 'down'],
    ['\u001b[1;5C', 'C-right'],
    ['\u001b[1;3D', 'M-left'],
    ['\u001b[1;2H', 'home'],
    ['\u001b[F', 'end'],
    ['\u001b[1~', 'home'],
    ['\u001b[8~', 'end'],
    ['\u001b[3~', 'delete'],
    ['\u001b[3;5~', 'C-delete'],
    ['\u001bb', 'M-b'],
    ['\u001b\u007f', 'M-backspace'],
    ['\u001b\r', 'M-enter'],
  ])('reads %j as %s, regardless of how it is split', (sequence, name) => {
    expect(decode(sequence)).toEqual([key(name)]);
    expect(decode(...sequence)).toEqual([key(name)]);
    expect(decode(`a${sequence}b`)).toEqual([text('a'), key(name), text('b')]);
  });

  it('ignores sequences without a meaning', () => {
    const unknown = [
      '\u001b[15~',
      '\u001b[?1;2c',
      '\u001b[[A',
      '\u001bOP',
      '\u001b]11;rgb:0/0/0\u0007',
      '\u001bP1$r0m\u001b\\',
      '\u001b[200;\u001b[5~',
      '\u0085',
      '\u001bé',
      '\u001b😀',
    ];
    for (const sequence of unknown) expect(decode(`${sequence}x`)).toEqual([text('x')]);
  });

  it('does not wait for the end of an endless sequence', () => {
    const decoder = new KeyDecoder();
    decoder.push(Buffer.from(`\u001b[${'1;'.repeat(200)}`));
    expect(decoder.push(Buffer.from('\r'))).toContainEqual(key('enter'));
    decoder.push(Buffer.from(`\u001b]${'x'.repeat(5000)}`));
    expect(decoder.push(Buffer.from('\r'))).toEqual([key('enter')]);
  });

  it('joins characters whose bytes arrive separately', () => {
    const bytes = Buffer.from('漢😀');
    expect(decode(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual([text('漢'), text('😀')]);
    expect(decode(Uint8Array.of(0xff, 0x61))).toEqual([text('\ufffda')]);
  });

  it('treats a lone Escape as the key if nothing follows', () => {
    const decoder = new KeyDecoder();
    expect(decoder.push(Buffer.from('\u001b'))).toEqual([]);
    expect(decoder.isWaiting).toBe(true);
    expect(decoder.flush()).toEqual([key('escape')]);
    expect(decoder.isWaiting).toBe(false);
    expect(decoder.push(Buffer.from('\u001b\u001b[A'))).toEqual([key('escape'), key('up')]);
    expect(decoder.push(Buffer.from('\u001b['))).toEqual([]);
    expect(decoder.flush()).toEqual([key('M-[')]);
  });

  it('treats a paste as one text, regardless of how it is split', () => {
    const pasted = 'one\r\ntwo\rthree\u001b[31m\u0003\tfour\u001b';
    const bytes = Buffer.from(`a\u001b[200~${pasted}\u001b[201~b`);
    const expected = [
      text('a'),
      { type: 'paste', text: 'one\ntwo\nthree\u001b[31m\u0003\tfour\u001b', isCut: false },
      text('b'),
    ];
    for (let place = 0; place < bytes.length; place++) {
      expect(decode(bytes.subarray(0, place), bytes.subarray(place))).toEqual(expected);
    }
  });

  it('ends a paste whose end marker was lost', () => {
    const decoder = new KeyDecoder();
    decoder.push(Buffer.from('\u001b[200~lost\u001b[20'));
    expect(decoder.isPasting).toBe(true);
    expect(decoder.flush()).toEqual([{ type: 'paste', text: 'lost\u001b[20', isCut: false }]);
    expect(decoder.push(Buffer.from('x'))).toEqual([text('x')]);
  });

  it('cuts a paste to the maximum length of a text', () => {
    const decoder = new KeyDecoder();
    decoder.push(Buffer.from('\u001b[200~'));
    const chunk = Buffer.alloc(MAX_TEXT_LENGTH / 4 + 1, 'x');
    for (let count = 0; count < 5; count++) decoder.push(chunk);
    const [event] = decoder.push(Buffer.from('\u001b[201~'));
    expect(event).toMatchObject({ type: 'paste', isCut: true });
    expect(event?.type === 'paste' && event.text.length).toBe(MAX_TEXT_LENGTH);
  });
});
