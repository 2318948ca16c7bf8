import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  encryptedTrailer,
  mappedPdf,
  type PdfObject,
  pageObjects,
  pdfFile,
  pdfStream,
  scannedPdf,
  textOperators,
  textPdf,
} from '../../../test/fakes/pdf/pdf-file.ts';
import { mutated } from '../../../test/fakes/random/mutations.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../test/scale.ts';
import { OllamaError } from '../../base/errors.ts';
import { MAX_PDF_PAGES } from '../limits.ts';
import { pdfText } from './pdf-text.ts';

// Vitest reports every rejection that nobody handled, and so also those that the reader notes. Without its listeners, one that the
// reader does not note ends the test's process.
const listeners = process.listeners('unhandledRejection');
beforeAll(() => void process.removeAllListeners('unhandledRejection'));
afterAll(() => {
  for (const listener of listeners) process.on('unhandledRejection', listener);
});

/** @returns the text, or the message of the error */
async function outcome(bytes: Uint8Array): Promise<string> {
  try {
    return await pdfText(bytes);
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    expect(error.code).toBe('invalid-request');
    return error.message;
  }
}

/** A file of one page, some of whose objects are others. */
function changed(changes: Readonly<Record<number, PdfObject>>, page = 'hello'): Buffer {
  const objects = pageObjects([pdfStream(textOperators(page))]);
  for (const [number, object] of Object.entries(changes)) objects[Number(number) - 1] = object;
  return pdfFile(objects);
}

describe('the text of a PDF file', () => {
  it('keeps its lines and marks its pages', async () => {
    const pages = ['One (first)\nline two', '', 'Three'];
    const text = 'One (first)\nline two\n\n--- page 2, without text ---\n\n\n\n--- page 3 ---\n\nThree';
    expect(await pdfText(textPdf(pages))).toBe(text);
    expect(await pdfText(textPdf(pages, { isPlain: true }))).toBe(text);
  });

  it('is read through the maps that files carry', async () => {
    expect(await pdfText(mappedPdf('日本語のテキスト, Ελληνικά, 🦙'))).toBe('日本語のテキスト, Ελληνικά, 🦙');
  });

  it('is found behind bytes that do not belong to it', async () => {
    expect(await pdfText(Buffer.concat([Buffer.from('\r\n\r\n'), textPdf(['hello'])]))).toBe('hello');
  });

  it('ends where the page does, as on a screen', async () => {
    expect(await pdfText(changed({}, `seen\n${'x'.repeat(2000)}`))).toMatch(/^seen\nx{50,150}$/);
  });

  it('leaves the bytes to their owner', async () => {
    const bytes = textPdf(['hello']);
    const before = Buffer.from(bytes);
    await pdfText(bytes);
    expect(bytes.equals(before)).toBe(true);
  });
});

describe('a PDF file that cannot be read', () => {
  it.each([
    ['scanned', scannedPdf(), 'the PDF file has no text, as those of a scanner: send its pages as images'],
    ['without pages', changed({ 2: '<< /Type /Pages /Count 0 /Kids [] >>' }), 'the PDF file'],
    ['with empty pages', textPdf(['', '']), 'has no text'],
    ['encrypted', textPdf(['x'], { trailer: encryptedTrailer }), 'the PDF file is encrypted: send one that'],
    [
      'encrypted by an unknown method',
      textPdf(['x'], { trailer: '/Encrypt << /Filter /Own >>' }),
      'encrypted',
    ],
    ['empty', Buffer.alloc(0), 'the file is empty'],
    ['of another kind', Buffer.from('PK\x03\x04 word/document.xml'), 'the file is not a PDF file'],
    ['that is only a signature', Buffer.from('%PDF-1.7\n'), 'the PDF file is truncated'],
    [
      'whose pages contain themselves',
      changed({ 2: '<< /Type /Pages /Count 1 /Kids [2 0 R] >>' }),
      'damaged',
    ],
    ['whose page is its own content', changed({ 5: '5 0 R' }), 'the PDF file'],
    ['with a damaged page', changed({ 5: pdfStream('BT /F1 12 Tf (a) Tj /X Do ET') }), 'damaged'],
  ])('is refused: one %s', async (_, bytes, message) => {
    expect(await outcome(bytes)).toContain(message);
  });

  it('is refused for a map that is not here, by its name', async () => {
    const font =
      '<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /UniGB-UCS2-H /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /A /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /FontDescriptor << /Type /FontDescriptor /FontName /A /Flags 4 >> >>] >>';
    const bytes = changed({ 3: font, 5: pdfStream('BT /F1 12 Tf <4E2D6587> Tj ET') });
    expect(await outcome(bytes)).toContain('by the character map "UniGB-UCS2-H", which this server does not');
  });

  it('is refused wherever it was cut', async () => {
    const whole = textPdf(Array.from({ length: 20 }, (_, index) => `page ${index}`));
    for (const part of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const message = await outcome(whole.subarray(0, Math.trunc(whole.length * part)));
      expect(message).toBe('the PDF file is truncated: its end is missing');
    }
  });

  it('is refused for too many pages', async () => {
    const kids = `[${'4 0 R '.repeat(MAX_PDF_PAGES + 1)}]`;
    const bytes = changed({ 2: `<< /Type /Pages /Count ${MAX_PDF_PAGES + 1} /Kids ${kids} >>` });
    expect(await outcome(bytes)).toContain(`has ${MAX_PDF_PAGES + 1} pages: at most ${MAX_PDF_PAGES}`);
  });

  it('is refused for too much text', async () => {
    const lines = textOperators(Array.from({ length: 50 }, () => 'x'.repeat(75)).join('\n'));
    const bytes = changed({ 5: pdfStream(lines.repeat(1100)) });
    expect(bytes.length).toBeLessThan(100_000);
    const isRefused = (await outcome(bytes)).includes('more than 4000000 characters: send fewer pages');
    expect(isRefused).toBe(true);
  });

  it('is read or refused when it is damaged anywhere', { timeout: 120_000 }, async () => {
    const sources = [textPdf(['one', 'two'], { isPlain: true }), textPdf(['one']), mappedPdf('été')];
    const counts = { read: 0, refused: 0 };
    for (let round = 0; round < rounds({ change: 150, long: 3000, nightly: 20_000 }); round += 1) {
      const source = sources[round % sources.length] ?? Buffer.alloc(0);
      const text = await outcome(mutated(source, seededRandom(seedFrom(2000) + round)));
      counts[/^the (?:PDF )?file /.test(text) ? 'refused' : 'read'] += 1;
    }
    expect(counts.read).toBeGreaterThan(0);
    expect(counts.refused).toBeGreaterThan(0);
  });
});
