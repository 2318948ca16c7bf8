import { OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { cacheSaltOf } from '../../inference/cache-salt.ts';
import type { PdfTexts } from '../../media/pdf/pdf-texts.ts';
import type { RequestContext } from '../server-parts.ts';
import { contentBlocks, type PlacedBlock } from './content-blocks.ts';
import { type HeldBytes, heldBytes } from './held-bytes.ts';
import { requestCaller } from './request-caller.ts';

/** PDF files of one request; each takes a turn of a worker, and real requests have a few. */
const MAX_DOCUMENTS = 100;
/** Characters of all of their texts together: as much as a body without files may have. */
const MAX_CHARACTERS = 16_000_000;

export type ReadsDocuments = Pick<PdfTexts, 'read'>;

/** A PDF file of a request. */
interface Attached {
  /** Base64. */
  readonly data: string;
  readonly path: string;
  /** Puts what was found in the place of the file. */
  readonly replace: (found: Found) => void;
}

/** The text of a file, or why it has none that can be read. */
type Found = { readonly text: string } | { readonly problem: string };

/**
 * Puts the texts of PDF files in the place of the files. A file that cannot be read gets the reason instead: whoever reads the
 * request refuses it, or leaves it out of an earlier turn.
 * @param request of OpenAI's or Anthropic's API, after its check; it is changed
 * @throws OllamaError `invalid-request` for too many files or too much text, `busy`, `canceled`
 */
export async function readDocuments(
  request: object,
  documents: ReadsDocuments,
  context: RequestContext,
  held: Pick<HeldBytes, 'ofRequest'> = heldBytes,
): Promise<void> {
  const attached = contentBlocks(request).flatMap((placed) => attachedOf(placed) ?? []);
  const excess = attached[MAX_DOCUMENTS];
  if (excess) throw refuse(`${excess.path}: at most ${MAX_DOCUMENTS} PDF files of one request are read`);
  if (attached.length === 0) return;
  const caller = requestCaller(context);
  const { client: owner = '', signal } = caller;
  const asked =
    'cache_salt' in request && typeof request.cache_salt === 'string' ? request.cache_salt : undefined;
  const salt = cacheSaltOf(caller, asked);
  const hold = held.ofRequest(context.env?.outgoing, caller.key);
  let characters = 0;
  for (const { data, path, replace } of attached) {
    const found = await outcomeOf(documents.read(data, { owner, signal, salt }));
    if ('text' in found) {
      characters += found.text.length;
      if (characters > MAX_CHARACTERS)
        throw refuse(`${path}: the PDF files have more than ${MAX_CHARACTERS} characters together`);
      // A short request may make the server hold as much as a long one.
      hold(found.text.length);
    }
    replace(found);
  }
}

async function outcomeOf(reading: Promise<string>): Promise<Found> {
  try {
    return { text: await reading };
  } catch (error) {
    if (error instanceof OllamaError && error.code === 'invalid-request') return { problem: error.message };
    throw error;
  }
}

function attachedOf(placed: PlacedBlock): Attached | undefined {
  const { type } = placed.block;
  if (type === 'document') return ofAnthropic(placed);
  if (type === 'file') return ofChat(placed);
  return type === 'input_file' ? ofResponses(placed) : undefined;
}

function ofAnthropic({ block, path }: PlacedBlock): Attached | undefined {
  const { source } = block;
  if (!isJsonObject(source) || source.type !== 'base64' || typeof source.data !== 'string') return undefined;
  const replace = (found: Found) => {
    block.source = 'text' in found ? { type: 'text', data: found.text } : { type: 'unreadable', ...found };
  };
  return { data: source.data, path, replace };
}

function ofChat({ block, path }: PlacedBlock): Attached | undefined {
  const { file } = block;
  return isJsonObject(file) ? ofFile(file, block, path) : undefined;
}

function ofResponses({ block, path }: PlacedBlock): Attached | undefined {
  return ofFile(block, block, path);
}

/** The beginning of a `data:` URL; clients also send plain base64. */
const dataUrl = /^data:[^,]{0,200};base64,/;

/** @param file what has the data, within the part or the part itself */
function ofFile(file: JsonObject, part: JsonObject, path: string): Attached | undefined {
  const { file_data: data, filename } = file;
  if (typeof data !== 'string' || data === '') return undefined;
  const replace = (found: Found) => {
    delete file.file_data;
    if ('problem' in found) part.problem = found.problem;
    else {
      part.type = 'input_text';
      part.text =
        typeof filename === 'string' && filename !== '' ? `${filename}\n\n${found.text}` : found.text;
    }
  };
  return { data: data.replace(dataUrl, ''), path, replace };
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
