import type { KeyStore } from '../../access/key-store.ts';
import { OllamaError, throwIfCanceled } from '../../base/errors.ts';
import type { LineRequest, SendLine, SentReply } from '../../batches/send-line.ts';
import type { ServerApp } from '../app.ts';
import { NO_KEY } from '../request/owner.ts';
import { BATCH_PRIORITY, type InnerRequest } from './inner-request.ts';

/** What the application never looks up. */
const ORIGIN = 'http://batch.invalid';

/** Lines are answered by the same routes as requests of clients, with the rights and limits of the key that made the batch. */
export function sendThroughApp(app: () => ServerApp, keys: Pick<KeyStore, 'ofId' | 'hasKeys'>): SendLine {
  return async ({ endpoint, owner, body, isOfLargeBatch, signal }: LineRequest): Promise<SentReply> => {
    throwIfCanceled(signal);
    const inner: InnerRequest = {
      key: keyOf(owner, keys),
      priority: BATCH_PRIORITY,
      isOfLargeBatch,
      client: `batch ${owner}`,
    };
    const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
    const request = new Request(`${ORIGIN}${endpoint}`, { method: 'POST', headers, body, signal });
    const reply = await app().fetch(request, { inner });
    const text = await reply.text();
    throwIfCanceled(signal);
    const retryAfter = Number(reply.headers.get('Retry-After') ?? Number.NaN);
    return {
      status: reply.status,
      requestId: reply.headers.get('X-Request-Id') ?? '',
      body: jsonOf(text, reply.headers.get('Content-Type')),
      ...(Number.isFinite(retryAfter) && { retryAfterS: retryAfter }),
    };
  };
}

/** @throws OllamaError `unauthorized` for a key that was revoked or has expired, and where keys were made since */
function keyOf(owner: string, keys: Pick<KeyStore, 'ofId' | 'hasKeys'>) {
  if (owner !== NO_KEY) {
    const key = keys.ofId(owner);
    if (key) return key;
    throw new OllamaError('unauthorized', 'the API key of the batch was revoked or has expired');
  }
  if (!keys.hasKeys) return undefined;
  throw new OllamaError('unauthorized', 'the batch was made before this server had API keys');
}

/** Our replies are JSON on one line; anything else becomes a text. */
function jsonOf(text: string, type: string | null): string {
  const isJson = type?.startsWith('application/json') === true;
  const trimmed = text.trimEnd();
  return isJson && trimmed !== '' && !trimmed.includes('\n') ? trimmed : JSON.stringify(text);
}
