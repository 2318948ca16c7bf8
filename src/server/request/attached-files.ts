import { requireModel } from '../../access/require-model.ts';
import type { RequestContext, ServerParts } from '../server-parts.ts';
import { readDocuments } from './documents.ts';
import { fetchImages } from './web-images.ts';

/** What files of requests are obtained and read with. */
export type FileParts = Pick<ServerParts, 'webImages' | 'pdfTexts'>;

interface AttachingRequest {
  readonly model?: string | undefined;
  readonly messages?: unknown;
}

/**
 * Fetches the files that a request names by URLs, as far as the settings allow it, and reads the text of its documents.
 * @param request of OpenAI's or Anthropic's API, after its check; it is changed
 * @throws OllamaError `forbidden` for a model that the key may not use, before anything is fetched; as `fetchImages` and `readDocuments`
 */
export async function obtainFiles(
  request: AttachingRequest,
  { webImages, pdfTexts }: FileParts,
  context: RequestContext,
): Promise<void> {
  requireModel(context.get('key'), request.model ?? '');
  await fetchImages(request, webImages, context);
  await readDocuments(request, pdfTexts, context);
}
