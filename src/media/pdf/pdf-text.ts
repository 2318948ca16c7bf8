import { getDocument } from 'unpdf/pdfjs';
import { OllamaError } from '../../base/errors.ts';
import { MAX_PDF_CHARACTERS, MAX_PDF_PAGES } from '../limits.ts';
import { unusable } from '../unusable.ts';
import { checkFrame } from './pdf-frame.ts';
import { withStrayRejections } from './stray-rejections.ts';

/**
 * The text of a PDF file, in the order in which the file writes it. A line such as "--- page 2 ---" precedes each page but the first,
 * and says so if the page has no text. Nothing that a page shows is left out in silence: a file of which a part cannot be read is
 * refused. What lies beyond the edges of a page is not shown and not read.
 *
 * The cost is chosen by whoever made the file, so only workers call it.
 * @throws OllamaError `invalid-request` saying what is wrong with the file
 */
export async function pdfText(bytes: Uint8Array): Promise<string> {
  checkFrame(bytes);
  const maps = new AbsentMaps();
  const task = getDocument({
    // The reader takes the buffer away from its owner.
    data: new Uint8Array(bytes),
    BinaryDataFactory: maps.factory,
    // Any folder: the factory is asked for its files.
    cMapUrl: 'maps/',
    standardFontDataUrl: 'fonts/',
    useWorkerFetch: false,
    // A damaged part is an error, not an empty place in the text.
    stopAtErrors: true,
    isEvalSupported: false,
    useWasm: false,
    disableFontFace: true,
    useSystemFonts: false,
    verbosity: 0,
  });
  try {
    const text = await withStrayRejections(async () => textOf(await task.promise));
    maps.requireNone();
    if (text !== undefined) return text;
    throw unusable('the PDF file has no text, as those of a scanner: send its pages as images');
  } catch (error) {
    throw error instanceof OllamaError ? error : problemOf(error);
  } finally {
    await task.destroy();
  }
}

type PdfDocument = Awaited<ReturnType<typeof getDocument>['promise']>;

/** @returns undefined if no page has text */
async function textOf(document: PdfDocument): Promise<string | undefined> {
  const { numPages: count } = document;
  if (count > MAX_PDF_PAGES)
    throw unusable(`the PDF file has ${count} pages: at most ${MAX_PDF_PAGES} are accepted`);
  let text = '';
  let hasText = false;
  for (let number = 1; number <= count; number += 1) {
    const page = await document.getPage(number);
    const own = (await pageText(page)).trim();
    page.cleanup();
    hasText ||= own !== '';
    text += number === 1 ? own : `\n\n--- page ${number}${own === '' ? ', without text' : ''} ---\n\n${own}`;
    if (text.length > MAX_PDF_CHARACTERS)
      throw unusable(
        `the text of the PDF file has more than ${MAX_PDF_CHARACTERS} characters: send fewer pages`,
      );
  }
  return hasText ? text : undefined;
}

async function pageText(page: Awaited<ReturnType<PdfDocument['getPage']>>): Promise<string> {
  const { items } = await page.getTextContent();
  return items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('');
}

/**
 * The reader asks for files of its own: fonts, which texts do not need, and maps from the codes of older Chinese, Japanese and Korean
 * fonts to characters, without which it would leave their texts out.
 */
class AbsentMaps {
  #missing: string | undefined;

  /** The reader makes an object of this class and calls its `fetch`. */
  get factory() {
    const note = (name: string) => {
      this.#missing ??= name;
    };
    return class {
      async fetch({ kind, filename }: { readonly kind: string; readonly filename: string }): Promise<never> {
        if (kind === 'cMapUrl') note(filename.replace(/\.bcmap$/, ''));
        throw new Error(`no file ${filename}`);
      }
    };
  }

  /** @throws OllamaError `invalid-request` if the reader asked for a map */
  requireNone(): void {
    if (this.#missing === undefined) return;
    throw unusable(
      `the PDF file writes its text by the character map "${this.#missing}", which this server does not have: send its pages as images`,
    );
  }
}

/** The reader's own errors, by their names (pdf.js, `src/shared/util.js`). */
function problemOf(error: unknown): OllamaError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'PasswordException' || /encrypt/i.test(message))
    return unusable('the PDF file is encrypted: send one that opens without a password');
  return unusable(`the PDF file is damaged: ${message.replace(/\.$/, '').slice(0, MAX_REASON)}`);
}

/** Characters of a reader's reason that an error repeats. */
const MAX_REASON = 200;
