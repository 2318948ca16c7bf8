import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MiddlewareHandler } from 'hono';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { bodyLimits, readBytes } from '../request/request-body.ts';
import type { RequestContext, ServerEnvironment } from '../server-parts.ts';

/** Where models are asked something. */
const loggedPaths = new Set([
  '/api/generate',
  '/api/chat',
  '/api/embed',
  '/api/embeddings',
  '/api/rerank',
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/responses',
  '/v1/embeddings',
  '/v1/rerank',
  '/v1/messages',
]);

/** The oldest leave: a server that is watched for days must not fill the disk. */
const MAX_KEPT_REQUESTS = 1000;
/** Bodies hold what people write to models. */
const OWNER_ONLY = 0o600;

/** Writes the bodies of requests to models, while the setting says so, into a folder that only its owner may enter. */
export function bodyLog(
  settings: { readonly debugLogRequests?: boolean },
  logger: Logger,
): MiddlewareHandler<ServerEnvironment> {
  const folder = new LogFolder(logger);
  return async (context, next) => {
    const { method, path } = context.req;
    if (settings.debugLogRequests && method === 'POST' && loggedPaths.has(path)) {
      const body = await takeBody(context);
      await folder
        .write(path, context.req.header('Host') ?? '', body)
        .catch((error: unknown) =>
          logger.warn('a request could not be logged', { path, error: messageOf(error) }),
        );
    }
    return next();
  };
}

/** Reads the body, and leaves another request with the same one to the route. */
async function takeBody(context: RequestContext): Promise<Uint8Array<ArrayBuffer>> {
  const { raw } = context.req;
  const body = new Uint8Array(await readBytes(raw, bodyLimits.conversation));
  const { url, method, headers, signal } = raw;
  context.req.raw = new Request(url, { method, headers, signal, body });
  return body;
}

class LogFolder {
  readonly #logger: Logger;
  #path: Promise<string> | undefined;
  #count = 0;
  #kept: string[][] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  async write(route: string, host: string, body: Uint8Array): Promise<void> {
    this.#path ??= this.#create();
    const folder = await this.#path;
    const time = new Date().toISOString().replace(/[-:]/g, '');
    const number = String(++this.#count).padStart(6, '0');
    const stem = `${time}-${number}_${route.slice(1).replace(/[^A-Za-z0-9]/g, '_')}`;
    const bodyName = `${stem}_body.json`;
    const files = [join(folder, bodyName), join(folder, `${stem}_request.sh`)] as const;
    await writeFile(files[0], body, { mode: OWNER_ONLY, flag: 'wx' });
    await writeFile(files[1], replayScript(`http://${host}${route}`, bodyName), {
      mode: OWNER_ONLY,
      flag: 'wx',
    });
    this.#kept.push([...files]);
    if (this.#kept.length <= MAX_KEPT_REQUESTS) return;
    for (const path of this.#kept.shift() ?? []) await rm(path, { force: true });
  }

  async #create(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'ollama-request-logs-'));
    this.#logger.warn('requests to models are logged with all that they say', { folder });
    return folder;
  }
}

/** To be run with `sh`. The host is the client's word, so it must not end the quotes. */
function replayScript(url: string, bodyName: string): string {
  const quotedUrl = `'${url.replaceAll("'", "'\\''")}'`;
  return `#!/bin/sh
cd "$(dirname "$0")" || exit 1
exec curl --header 'Content-Type: application/json' --data-binary @${bodyName} --url ${quotedUrl}
`;
}
