import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MiddlewareHandler } from 'hono';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { bodyLimits, readBytes } from '../request/request-body.ts';
import type { RequestContext, ServerEnvironment } from '../server-parts.ts';

/** Routes whose requests contain prompts or texts for a model. */
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

/** The oldest are deleted, so that a server that logs bodies for days does not fill the disk. */
const MAX_KEPT_REQUESTS = 1000;
/** Bodies contain what users write to models. */
const OWNER_ONLY = 0o600;

/** While the setting is on, writes the bodies of model requests to a folder that only its owner can enter. */
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
          logger.warn('could not log a request body', { path, error: messageOf(error) }),
        );
    }
    return next();
  };
}

/** Reads the body and replaces the request by a copy, so that the route can read the body again. */
async function takeBody(context: RequestContext): Promise<Uint8Array<ArrayBuffer>> {
  const { raw } = context.req;
  const body = new Uint8Array(await readBytes(context, bodyLimits.conversation));
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
    this.#logger.warn('request bodies, including prompts, are being logged', { folder });
    return folder;
  }
}

/** A script to run with `sh`. The host comes from the client, so it must not be able to end the quotes. */
function replayScript(url: string, bodyName: string): string {
  const quotedUrl = `'${url.replaceAll("'", "'\\''")}'`;
  return `#!/bin/sh
cd "$(dirname "$0")" || exit 1
exec curl --header 'Content-Type: application/json' --data-binary @${bodyName} --url ${quotedUrl}
`;
}
