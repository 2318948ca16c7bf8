import { OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { runTogether } from '../../base/together.ts';
import { MIB } from '../../base/units.ts';
import type { WebImages } from '../../registry/web-file/web-images.ts';
import type { RequestContext } from '../server-parts.ts';
import { contentBlocks, type PlacedBlock } from './content-blocks.ts';
import { type HeldBytes, heldBytes } from './held-bytes.ts';

/** Pictures and documents that one request may have fetched; real ones have a few. */
const MAX_FETCHED = 32;
/** Bytes of all of them together: as much as a body may hold. */
const MAX_FETCHED_BYTES = 48 * MIB;
/** Characters; signed URLs of storage services have about 2000. */
const MAX_URL_LENGTH = 8192;
/** Connections of one request. */
const AT_A_TIME = 4;

export type FetchesImages = Pick<WebImages, 'isOn' | 'allows' | 'fetch'>;

/** A picture or document that a request names by its URL. */
interface Reference {
  readonly url: URL;
  /** Where, such as "messages[2].content[1]". */
  readonly path: string;
  /** Puts the file into the request. @param data base64 */
  readonly replace: (data: string) => void;
}

/**
 * Fetches the pictures and documents of a request whose hosts are allowed, and puts their content in the place of their URLs. The others stay as they
 * are: whoever reads the request refuses or leaves them out.
 * @param request of OpenAI's or Anthropic's API, after its check; it is changed
 * @throws OllamaError `invalid-request` naming the file that cannot be fetched, `busy` when the server holds too much, `canceled`
 */
export async function fetchImages(
  request: object,
  images: FetchesImages,
  context: RequestContext,
  held: Pick<HeldBytes, 'ofRequest'> = heldBytes,
): Promise<void> {
  if (!images.isOn) return;
  const { req, env } = context;
  const found = contentBlocks(request).flatMap((placed) => [...references(placed)]);
  const wanted = found.filter(({ url }) => images.allows(url));
  const excess = wanted[MAX_FETCHED];
  if (excess) {
    const message = `${excess.path}: at most ${MAX_FETCHED} files of one request are fetched: send the others as data`;
    throw new OllamaError('invalid-request', message);
  }
  // A short request may make the server hold as much as a long one.
  const hold = held.ofRequest(env?.outgoing, context.get('key'));
  let bytes = 0;
  await runTogether(wanted, AT_A_TIME, req.raw.signal, async ({ url, path, replace }, ending) => {
    const data = await fetched(url, { images, path, signal: ending });
    bytes += data.length;
    if (bytes > MAX_FETCHED_BYTES)
      throw new OllamaError(
        'too-large',
        `${path}: the fetched files have more than ${MAX_FETCHED_BYTES / MIB} MiB together`,
      );
    const text = Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64');
    hold(text.length);
    replace(text);
  });
}

async function fetched(
  url: URL,
  { images, path, signal }: { images: FetchesImages; path: string; signal: AbortSignal },
): Promise<Uint8Array> {
  try {
    return await images.fetch(url, signal);
  } catch (error) {
    if (!(error instanceof OllamaError) || error.code === 'canceled') throw error;
    throw new OllamaError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

function* references({ block, path }: PlacedBlock): Generator<Reference> {
  const found = openAiReference(block) ?? anthropicReference(block) ?? fileReference(block);
  if (found) yield { ...found, path };
}

type Replaceable = Omit<Reference, 'path'>;

function openAiReference(part: JsonObject): Replaceable | undefined {
  const { image_url: image } = part;
  const url = webUrl(isJsonObject(image) ? image.url : image);
  if (!url) return undefined;
  return {
    url,
    replace: (data) => {
      const plain = `data:;base64,${data}`;
      part.image_url = isJsonObject(image) ? { ...image, url: plain } : plain;
    },
  };
}

function anthropicReference(block: JsonObject): Replaceable | undefined {
  const { source, type } = block;
  const isFile = type === 'image' || type === 'document';
  const url = isFile && isJsonObject(source) && source.type === 'url' ? webUrl(source.url) : undefined;
  if (!url) return undefined;
  return {
    url,
    replace: (data) => {
      block.source = { type: 'base64', data };
    },
  };
}

function fileReference(part: JsonObject): Replaceable | undefined {
  const url = part.type === 'input_file' ? webUrl(part.file_url) : undefined;
  if (!url) return undefined;
  return {
    url,
    replace: (data) => {
      part.file_data = data;
    },
  };
}

function webUrl(value: unknown): URL | undefined {
  if (typeof value !== 'string' || value.length > MAX_URL_LENGTH) return undefined;
  return /^https?:/i.test(value) && URL.canParse(value) ? new URL(value) : undefined;
}
