import { decodeBase64 } from '../decode-base64.ts';

/**
 * The text of a PDF file in base64.
 * @throws OllamaError `invalid-request` saying what is wrong with the file
 */
export async function readPdf(source: string): Promise<string> {
  // Most workers never read one, and the reader takes 0.2 s to load, and 17 MiB.
  const { pdfText } = await import('../pdf/pdf-text.ts');
  return pdfText(decodeBase64(source));
}
