import { type DeletedFile, type FileObject, uploadFileSchema } from '../../../api/batches.ts';
import { parseRequest } from '../../../api/parse-request.ts';
import { fileReply } from '../../reply/file-reply.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import { pageOf } from '../../reply/object-page.ts';
import { keyOwner } from '../../request/owner.ts';
import { receiveUpload } from '../../request/upload.ts';
import type { RequestContext, Route, ServerParts } from '../../server-parts.ts';

type Parts = Pick<ServerParts, 'batches' | 'keys'>;

const NOT_KEPT = { 'Cache-Control': 'no-store' } as const;

/** Files of requests, and of their results (OpenAI's Files API for the purpose "batch"). */
export function fileRoutes({ batches: { files }, keys }: Parts): Route[] {
  return [
    {
      path: '/v1/files',
      handlers: {
        GET: async (context) => {
          const purpose = context.req.query('purpose');
          const all = await files.list(keyOwner(context, keys, 'files and batches'));
          const found = purpose === undefined ? all : all.filter((file) => file.purpose === purpose);
          return jsonReply(pageOf(context, found), NOT_KEPT);
        },
        POST: async (context) =>
          jsonReply(await upload(context, keyOwner(context, keys, 'files and batches'), files)),
      },
    },
    {
      path: '/v1/files/:id',
      handlers: {
        GET: async (context) => {
          const { object } = await files.get(keyOwner(context, keys, 'files and batches'), idOf(context));
          return jsonReply(object, NOT_KEPT);
        },
        DELETE: async (context) => {
          const id = idOf(context);
          await files.remove(keyOwner(context, keys, 'files and batches'), id);
          const body: DeletedFile = { id, object: 'file', deleted: true };
          return jsonReply(body);
        },
      },
    },
    {
      path: '/v1/files/:id/content',
      handlers: {
        GET: async (context) => {
          const { object, path } = await files.get(
            keyOwner(context, keys, 'files and batches'),
            idOf(context),
          );
          return fileReply({ path, size: object.bytes }, context.req.header('Range'), { headers: NOT_KEPT });
        },
      },
    },
  ];
}

async function upload(
  context: RequestContext,
  owner: string,
  files: Parts['batches']['files'],
): Promise<FileObject> {
  const { fields, result: file } = await receiveUpload(context, {
    keep: (filename, content) =>
      files.add(owner, { filename: filename === '' ? 'batch.jsonl' : filename }, content),
    discard: ({ id }) => files.remove(owner, id),
  });
  try {
    // Clients send the fields before the file, or behind it.
    const { request } = parseRequest(uploadFileSchema, fields);
    const life = request['expires_after[seconds]'];
    return life === undefined ? file : await files.expireAfter(owner, file.id, life);
  } catch (error) {
    await files.remove(owner, file.id);
    throw error;
  }
}

function idOf(context: RequestContext): string {
  return context.req.param('id') ?? '';
}
