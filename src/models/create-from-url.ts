import type { ProgressResponse } from '../api/common.ts';
import { OllamaError } from '../base/errors.ts';
import { readGgufFile } from '../gguf/parse.ts';
import type { Digest } from '../names/digest.ts';
import { type FileUrl, fileNameOf, shownUrl } from '../names/file-url.ts';
import type { PullOptions } from '../registry/pull/pull-options.ts';
import type { RegistryTransports } from '../registry/transport/transport.ts';
import { fetchFile } from '../registry/web-file/fetch-file.ts';
import type { ModelCatalog } from './catalog.ts';
import { createModel } from './create.ts';

export interface UrlSourceOptions extends Omit<PullOptions, 'fetch' | 'resolveHost' | 'origin'> {
  readonly transports: Pick<RegistryTransports, 'open'>;
  readonly catalog: ModelCatalog;
  readonly config: { readonly noPrune: boolean; readonly pullStreams: number };
}

const MAGIC = 'GGUF';

/**
 * Creates a model from a GGUF file on a web server, or from all shards of one. The URL determines the name.
 * @throws OllamaError `upstream`, `invalid-request`, `storage-full`, `canceled`
 */
export async function* createFromUrl(
  source: FileUrl,
  options: UrlSourceOptions,
): AsyncGenerator<ProgressResponse, void> {
  if (source.url.protocol === 'http:' && !options.insecure) {
    const message = `${shownUrl(source.url)} is not encrypted: use https://, or pull with --insecure ("insecure": true)`;
    throw new OllamaError('invalid-request', message);
  }
  const { store, catalog, transports, signal } = options;
  const { fetch, resolveHost, close } = transports.open();
  const files: Record<string, Digest> = {};
  try {
    for (const url of source.urls) {
      files[fileNameOf(url).replaceAll('/', '_')] = yield* fetchFile(
        { url, name: source.name, checkStart: (start) => requireGguf(start, url), check: parseWhole },
        { ...options, ...identityFor(options), fetch, resolveHost },
      );
    }
    yield { status: 'verifying sha256 digest' };
    const request = { model: source.name.full, files };
    yield* createModel(request, {
      store,
      catalog,
      pull: neverPull,
      config: options.config,
      ...(signal && { signal }),
    });
  } catch (error) {
    // Files that cannot become a model are useless; all others save the next pull a download.
    if (error instanceof OllamaError && error.code === 'invalid-request')
      await store.removeUnreferenced(Object.values(files));
    throw error;
  } finally {
    await close();
  }
}

/** Does not sign requests: only registries, not web servers, identify users by their key. */
function identityFor({ identity }: UrlSourceOptions): Pick<PullOptions, 'identity'> {
  if (!identity) return {};
  return { identity: { credential: (host) => identity.credential(host), sign: async () => undefined } };
}

function requireGguf({ bytes, contentType }: { bytes: Uint8Array; contentType: string }, url: URL): void {
  if (Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') === MAGIC) return;
  const isPage = /^text\/html\b/i.test(contentType);
  const found = isPage ? 'a web page: use the URL of the file itself' : 'not a GGUF file';
  throw new OllamaError('invalid-request', `${shownUrl(url)} is ${found}`);
}

async function parseWhole(path: string): Promise<void> {
  await readGgufFile(path);
}

function neverPull(): AsyncIterable<ProgressResponse> {
  throw new OllamaError('internal', 'a model made from a file has no base model');
}
