import type { KeyAccess } from '../../access/key-access.ts';
import {
  type AppendEntriesResponse,
  appendEntriesRequestSchema,
  type ChatEntry,
  type DeletedChatResponse,
  isChatId,
} from '../../api/chats.ts';
import { OllamaError } from '../../base/errors.ts';
import { type EncodedEntry, encodeEntry } from '../../conversations/entry-line.ts';
import { requireOwnPage } from '../middleware/own-page.ts';
import { chunksReply } from '../reply/chunks-reply.ts';
import { JSON_TYPE, jsonReply } from '../reply/http-reply.ts';
import { listReply } from '../reply/list-reply.ts';
import { heldBytes } from '../request/held-bytes.ts';
import { isLocalClient, requireOwnName } from '../request/loopback.ts';
import { keyOwner, NO_KEY } from '../request/owner.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import type { RequestContext, Route, ServerParts } from '../server-parts.ts';
import { turns } from '../turns.ts';

type Parts = Pick<ServerParts, 'conversations' | 'keys' | 'config'>;

/** A proxy or browser must not keep what belongs to one key. */
const NOT_KEPT = { 'Cache-Control': 'no-store' } as const;

/** The chats that web pages keep here, each key its own. */
export function chatRoutes({ conversations, keys, config }: Parts): Route[] {
  const ownerOf = (context: RequestContext) => {
    if (!config.uiChats) {
      const message = 'chats are not kept on this server: start it with OLLAMA_UI_CHATS=on';
      throw new OllamaError('not-found', message);
    }
    return chatOwner(context, keys);
  };
  return [
    {
      path: '/api/chats',
      handlers: {
        // Every page asks, and browsers show an error for each refusal.
        GET: async (context) => {
          if (!config.uiChats) return new Response(null, { status: 204, headers: NOT_KEPT });
          return listReply({ chats: await conversations.list(ownerOf(context)) }, NOT_KEPT);
        },
      },
    },
    {
      path: '/api/chats/:id',
      handlers: {
        GET: async (context) => {
          const [owner, id] = [ownerOf(context), idOf(context)];
          // A client that reads slowly keeps the reply in memory.
          const hold = heldBytes.ofRequest(context.env?.outgoing, context.get('key'));
          const { entries, next } = await conversations.read(owner, id, firstOf(context), hold);
          return entriesReply(id, entries, next);
        },
        POST: async (context) => {
          const mayCreate = context.req.query('create') === 'true';
          const { request, headers } = await receiveRequest(
            context,
            appendEntriesRequestSchema,
            bodyLimits.conversation,
          );
          const [owner, id] = [ownerOf(context), idOf(context)];
          const encoded = await encodeAll(request.entries);
          const count = await conversations.append(owner, id, encoded, mayCreate);
          const body: AppendEntriesResponse = { entries: count };
          return jsonReply(body, { ...headers, ...NOT_KEPT });
        },
        DELETE: async (context) => {
          const [owner, id] = [ownerOf(context), idOf(context)];
          await conversations.remove(owner, id);
          const body: DeletedChatResponse = { id, deleted: true };
          return jsonReply(body, NOT_KEPT);
        },
      },
    },
  ];
}

/** @throws OllamaError `unauthorized`, `forbidden` */
function chatOwner(context: RequestContext, keys: Pick<KeyAccess, 'hasKeys'>): string {
  const owner = keyOwner(context, keys, 'chats');
  if (owner !== NO_KEY) return owner;
  // Of a page whose name was made to point to this machine, browsers say nothing.
  if (isLocalClient(context)) requireOwnName(context, 'chats are kept without a key');
  requireOwnPage(context, 'chats are kept without a key');
  return owner;
}

function idOf(context: RequestContext): string {
  const id = context.req.param('id') ?? '';
  if (isChatId(id)) return id;
  const message = 'the ID of a chat must be 1 to 64 lower-case letters, digits, dashes or underscores';
  throw new OllamaError('invalid-request', message);
}

const LONGEST_NUMBER = 9;

function firstOf(context: RequestContext): number {
  const text = context.req.query('after') ?? '0';
  if (/^\d+$/.test(text) && text.length <= LONGEST_NUMBER) return Number(text);
  throw new OllamaError('invalid-request', '"after" must be the number of an entry, such as 0');
}

/** Writing an entry takes as long as reading it did, so others get their turn between two large ones. */
const LARGE_BYTES = 64 * 1024;

async function encodeAll(entries: readonly ChatEntry[]): Promise<EncodedEntry[]> {
  const encoded: EncodedEntry[] = [];
  for (const entry of entries) {
    const one = encodeEntry(entry);
    encoded.push(one);
    if (one.line.length > LARGE_BYTES) await turns.next();
  }
  return encoded;
}

/** The entries are JSON already. */
function entriesReply(id: string, entries: readonly Buffer[], next: number): Response {
  const parts: Uint8Array[] = [Buffer.from(`{"id":${JSON.stringify(id)},"entries":[`)];
  for (const [index, entry] of entries.entries()) parts.push(Buffer.from(index > 0 ? ',' : ''), entry);
  parts.push(Buffer.from(`],"next":${next}}`));
  return chunksReply(parts, { 'Content-Type': JSON_TYPE, ...NOT_KEPT });
}
