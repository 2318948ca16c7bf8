/**
 * Reads the text of PDF files in a worker of its own: whoever made a file chooses what reading it costs. The page loads this
 * file only for its address, and never the reader.
 */
import type { PdfReply } from './pdf-text.ts';

/** Where the worker finds this file. */
export const address = import.meta.url;

/** More pages than any prompt has room for. */
const MAX_PAGES = 2000;
const MAX_CHARACTERS = 2_000_000;

/** The reader itself sends messages where it finds itself in a worker: replies take a channel of their own. */
if (typeof document === 'undefined') {
  addEventListener('message', ({ data, ports }: MessageEvent<unknown>) => {
    const [channel] = ports;
    if (channel && data instanceof ArrayBuffer) void read(data).then((reply) => channel.postMessage(reply));
  });
}

async function read(data: ArrayBuffer): Promise<PdfReply> {
  const { getDocument } = await import('unpdf/pdfjs');
  let lacksMap = false;
  /** Maps from the codes of older Chinese, Japanese and Korean fonts to characters, without which their texts would be left out. */
  class AbsentFiles {
    async fetch({ kind, filename }: { readonly kind: string; readonly filename: string }): Promise<never> {
      lacksMap ||= kind === 'cMapUrl';
      throw new Error(`no file ${filename}`);
    }
  }
  const task = getDocument({
    data: new Uint8Array(data),
    BinaryDataFactory: AbsentFiles,
    cMapUrl: 'maps/',
    standardFontDataUrl: 'fonts/',
    // A damaged part is an error, not an empty place in the text.
    stopAtErrors: true,
    isEvalSupported: false,
    useWasm: false,
    useWorkerFetch: false,
    disableFontFace: true,
    useSystemFonts: false,
    verbosity: 0,
  });
  try {
    const reply = await textOf(await task.promise);
    return lacksMap ? { problem: 'map' } : reply;
  } catch (error) {
    if (lacksMap) return { problem: 'map' };
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { problem: name === 'PasswordException' || /encrypt/i.test(message) ? 'encrypted' : 'damaged' };
  } finally {
    await task.destroy();
  }
}

type PdfDocument = Awaited<ReturnType<typeof import('unpdf/pdfjs')['getDocument']>['promise']>;

async function textOf(file: PdfDocument): Promise<PdfReply> {
  const { numPages: count } = file;
  if (count > MAX_PAGES) return { problem: 'pages', limit: MAX_PAGES };
  let text = '';
  let hasText = false;
  for (let number = 1; number <= count; number += 1) {
    const page = await file.getPage(number);
    const { items } = await page.getTextContent();
    const own = items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('');
    page.cleanup();
    hasText ||= own.trim() !== '';
    text += `${number === 1 ? '' : `\n\n--- page ${number} ---\n\n`}${own.trim()}`;
    if (text.length > MAX_CHARACTERS) return { problem: 'characters', limit: MAX_CHARACTERS };
  }
  return hasText ? { text } : { problem: 'noText' };
}
