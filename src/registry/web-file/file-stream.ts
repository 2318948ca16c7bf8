import { mkdir } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import type { FreeBytes } from '../../base/disk-space.ts';
import { OllamaError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import type { Digest } from '../../names/digest.ts';
import { shownUrl } from '../../names/file-url.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { Transfer } from '../pull/download-locks.ts';
import type { Bandwidth } from '../transport/bandwidth.ts';
import { type RegistryConnection, STALL_TIMEOUT_MS } from '../transport/connection.ts';
import { StallGuard } from '../transport/stall-guard.ts';
import { requirePlain } from './file-request.ts';

/** Bytes that a file of unknown size must leave free: enough for logs and manifests. */
const RESERVED_BYTES = 256 * MIB;

interface StreamContext {
  readonly connection: RegistryConnection;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly bandwidth: Bandwidth;
  readonly freeBytes: FreeBytes;
  readonly transfer: Transfer;
  readonly check: (path: string) => Promise<void>;
}

/**
 * Reads a file of unknown size in one piece, as far as the disk has space.
 * @throws OllamaError `upstream` after silence, `storage-full`, `canceled`, and whatever the check throws
 */
export async function streamFile(url: URL, context: StreamContext, signal: AbortSignal): Promise<Digest> {
  const { blobs, freeBytes, transfer, check } = context;
  await mkdir(blobs.folder, { recursive: true });
  const limit = (await freeBytes(blobs.folder)) - RESERVED_BYTES;
  const guard = new StallGuard(context.clock, STALL_TIMEOUT_MS, signal);
  try {
    const headers = { 'Accept-Encoding': 'identity' };
    const response = await context.connection.send({
      method: 'GET',
      target: url,
      headers,
      signal: guard.signal,
    });
    requirePlain(response, url);
    const bytes = counted(response, { ...context, url, limit, guard });
    const { digest } = await blobs.write(bytes, { signal: guard.signal, check });
    return digest;
  } catch (error) {
    transfer.completed = 0;
    if (!guard.stalled) throw error;
    throw new OllamaError('upstream', `${url.host} stopped responding`, { cause: error });
  } finally {
    guard.close();
  }
}

async function* counted(
  response: Response,
  {
    bandwidth,
    transfer,
    guard,
    limit,
    url,
  }: Pick<StreamContext, 'bandwidth' | 'transfer'> & { guard: StallGuard; limit: number; url: URL },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of response.body ?? []) {
    guard.heard();
    if (transfer.completed + chunk.length > limit) {
      const message = `${shownUrl(url)} has no stated size and would fill the disk: stopped after ${transfer.completed} bytes`;
      throw new OllamaError('storage-full', message);
    }
    yield chunk;
    transfer.completed += chunk.length;
    await bandwidth.spend(chunk.length, guard.signal, () => guard.heard());
    guard.heard();
  }
}
