import type { RequestContext, ServerParts } from '../server-parts.ts';
import { readDocuments } from './documents.ts';
import { fetchImages } from './web-images.ts';

/** What files of requests are obtained and read with. */
export type FileParts = Pick<ServerParts, 'webImages' | 'pdfTexts'>;

/**
 * Fetches the files that a request names by URLs, as far as the settings allow it, and reads the text of its documents.
 * @param request of OpenAI's or Anthropic's API, after its check; it is changed
 * @throws OllamaError as `fetchImages` and `readDocuments`
 */
export async function obtainFiles(
  request: object,
  { webImages, pdfTexts }: FileParts,
  context: RequestContext,
): Promise<void> {
  await fetchImages(request, webImages, context);
  await readDocuments(request, pdfTexts, context);
}
