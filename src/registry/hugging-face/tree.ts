/** Lists the files in a Hugging Face repository (API: https://huggingface.co/docs/hub/api, "tree"). */
import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { OllamaError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import { type Digest, isDigest } from '../../names/digest.ts';
import type { ModelName } from '../../names/model-name.ts';
import { readBounded } from '../transport/bounded-body.ts';
import { type RegistryConnection, STALL_TIMEOUT_MS } from '../transport/connection.ts';
import { StallGuard } from '../transport/stall-guard.ts';

/** A page lists 1000 files with about 400 bytes each. */
const MAX_PAGE_BYTES = 4 * MIB;
/** The largest repositories of GGUF files contain a few hundred. */
const MAX_PAGES = 10;
/** Longest path that file systems commonly support, characters. */
const MAX_PATH_LENGTH = 1024;

/** A GGUF file in a repository. */
export interface TreeFile {
  /** Path in the repository, separated by slashes. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Absent for files stored without Git LFS, which are small. */
  readonly digest?: Digest;
}

export interface TreeConnection {
  readonly registry: Pick<RegistryConnection, 'send'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const bytes = z.number().int().nonnegative();
const pageSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: bytes.optional(),
    lfs: z.object({ oid: z.string(), size: bytes }).nullish(),
  }),
);

type Entry = z.infer<typeof pageSchema>[number];

/**
 * Lists all GGUF files of a repository's main branch.
 * @throws OllamaError `upstream`: a RegistryStatusError when the list is refused, others for its content; `canceled`
 */
export async function readTree(name: ModelName, connection: TreeConnection): Promise<TreeFile[]> {
  const files: TreeFile[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = new URLSearchParams({ recursive: 'true', ...(cursor !== undefined && { cursor }) });
    const target = `/api/models/${name.namespace}/${name.model}/tree/main?${query}`;
    const { body, next } = await readPage(target, connection);
    for (const entry of parsePage(body)) if (isGguf(entry)) files.push(fileOf(entry));
    if (next === undefined) return files;
    cursor = next;
  }
  throw malformed(`it has more than ${MAX_PAGES} pages`);
}

/** Path of a file's bytes on the host, which usually redirects to a storage host. */
export function resolvePath({ namespace, model }: ModelName, { path }: TreeFile): string {
  return `/${namespace}/${model}/resolve/main/${path.split('/').map(encodeURIComponent).join('/')}`;
}

async function readPage(
  target: string,
  { registry, clock, signal }: TreeConnection,
): Promise<{ body: Uint8Array; next: string | undefined }> {
  const guard = new StallGuard(clock, STALL_TIMEOUT_MS, signal);
  try {
    const headers = { Accept: 'application/json' };
    const response = await registry.send({ method: 'GET', target, headers, signal: guard.signal });
    const body = await readBounded(response, MAX_PAGE_BYTES, 'the list of files');
    return { body, next: cursorOf(response.headers.get('link')) };
  } catch (error) {
    if (!guard.stalled) throw error;
    throw new OllamaError('upstream', 'the list of files did not arrive in time', { cause: error });
  } finally {
    guard.close();
  }
}

/** Takes only the cursor from the next page's URL (RFC 8288); the host stays ours. */
function cursorOf(link: string | null): string | undefined {
  const target = /<([^<>]+)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined || !URL.canParse(target, 'https://huggingface.co')) return undefined;
  return new URL(target, 'https://huggingface.co').searchParams.get('cursor') ?? undefined;
}

function parsePage(body: Uint8Array): Entry[] {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    throw malformed('it is not JSON', error);
  }
  const parsed = pageSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(`${issue?.path.join('.') || 'list'}: ${issue?.message ?? 'malformed'}`);
}

function isGguf({ type, path }: Entry): boolean {
  return type === 'file' && path.endsWith('.gguf');
}

function fileOf({ path, size, lfs }: Entry): TreeFile {
  if (!isPath(path))
    throw malformed(`${JSON.stringify(path.slice(0, MAX_PATH_LENGTH))} is not a valid file path`);
  const digest = `sha256:${lfs?.oid ?? ''}`;
  if (!lfs) return { path, size: size ?? 0 };
  if (!isDigest(digest)) throw malformed(`${path}: lfs.oid is not a SHA-256`);
  if (size !== undefined && size !== lfs.size)
    throw malformed(`${path} has two different sizes, ${size} and ${lfs.size}`);
  return { path, size: lfs.size, digest };
}

/** Rejects anything that could lead out of the repository, or has another meaning in a URL. */
function isPath(path: string): boolean {
  if (path.length > MAX_PATH_LENGTH || /[\p{Cc}\p{Cs}\\]/u.test(path)) return false;
  return path.split('/').every((part) => !['', '.', '..'].includes(part));
}

function malformed(reason: string, cause?: unknown): OllamaError {
  return new OllamaError('upstream', `the list of files cannot be used: ${reason}`, { cause });
}
