import { Hono } from 'hono';
import { expect, it } from 'vitest';
import type { CallerKey } from '../../access/caller-key.ts';
import { PdfTexts } from '../../media/pdf/pdf-texts.ts';
import { requestIds } from '../middleware/request-ids.ts';
import type { ServerEnvironment } from '../server-parts.ts';
import { readDocuments } from './documents.ts';

it('reads the same PDF file again for another key or salt, so that its time tells nothing', async () => {
  let reads = 0;
  const documents = new PdfTexts(async () => {
    reads++;
    return 'text';
  });
  let key: CallerKey | undefined;
  const app = new Hono<ServerEnvironment>();
  app.use(requestIds());
  app.post('/', async (context) => {
    if (key) context.set('key', key);
    const request = await context.req.json();
    await readDocuments(request, documents, context);
    return context.json(request);
  });
  const read = async (asked: object = {}) => {
    const file = { file_data: Buffer.from('%PDF-1.7').toString('base64') };
    const messages = [{ role: 'user', content: [{ type: 'file', file }] }];
    const reply = await app.request('/', { method: 'POST', body: JSON.stringify({ messages, ...asked }) });
    expect(await reply.text()).toContain('"text":"text"');
    return reads;
  };
  expect([await read(), await read()]).toEqual([1, 1]);
  key = keyOf('salt a');
  expect([await read(), await read(), await read({ cache_salt: 'x' })]).toEqual([2, 2, 3]);
  key = keyOf('salt b');
  expect([await read(), await read()]).toEqual([4, 4]);
});

function keyOf(salt: string): CallerKey {
  return {
    id: salt,
    name: salt,
    scopes: new Set(['generate']),
    mayUse: () => true,
    mayUseAll: true,
    salt,
    maxPriority: 0,
    limits: {},
  };
}
