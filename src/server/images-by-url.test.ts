/** Pictures that requests of OpenAI's and Anthropic's API name by their URLs. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../test/fakes/access/key-records.ts';
import { FileServer } from '../../test/fakes/servers/file-server.ts';
import { picture, startVisionServer, type VisionServer } from '../../test/fakes/servers/vision-server.ts';

let files: FileServer;
let server: VisionServer;
let hosts: readonly string[];

beforeEach(async () => {
  files = await FileServer.start({
    '/1.png': Buffer.from(picture('1'), 'base64'),
    '/2.png': Buffer.from(picture('2'), 'base64'),
  });
  hosts = ['127.0.0.1'];
  server = await startVisionServer({ imageHosts: () => hosts });
});
afterEach(async () => {
  await server.close();
  await files[Symbol.asyncDispose]();
});

const encoded = () => server.runner.encoded.map((bytes) => Buffer.from(bytes).toString('base64'));

const bodies = (url: string): Record<string, object> => ({
  '/v1/chat/completions': {
    messages: [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: files.url('/1.png') } }] },
      { role: 'assistant', content: 'yes' },
      { role: 'user', content: [{ type: 'image_url', image_url: url }] },
    ],
  },
  '/v1/responses': {
    input: [
      { role: 'user', content: [{ type: 'input_image', image_url: files.url('/1.png') }] },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: url }] },
    ],
  },
  '/v1/messages': {
    max_tokens: 5,
    messages: [
      { role: 'user', content: [{ type: 'image', source: { type: 'url', url: files.url('/1.png') } }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'f', input: {} }] },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'c',
            content: [{ type: 'image', source: { type: 'url', url } }],
          },
        ],
      },
    ],
  },
});
const paths = Object.keys({ '/v1/chat/completions': 0, '/v1/responses': 0, '/v1/messages': 0 });
const post = (path: string, url: string) => server.post(path, { model: 'v', ...bodies(url)[path] });

describe.each(paths)('%s', (path) => {
  it('gives the model pictures from allowed hosts', async () => {
    const reply = await post(path, files.url('/2.png'));
    expect(reply.status).toBe(200);
    expect(encoded()).toEqual(['1', '2'].map(picture));
  });

  it('names the picture that cannot be had', async () => {
    const reply = await post(path, files.url('/3.png'));
    expect([reply.status, await reply.text()]).toEqual([
      400,
      expect.stringMatching(/(messages|input)\[2\]\S*: http:.*\/3\.png could not be fetched: .* status 404/),
    ]);
    expect(server.runner.requests).toEqual([]);
  });
});

it('no picture is fetched unless the setting allows its host', async () => {
  hosts = [];
  const replies = await Promise.all(paths.map((path) => post(path, files.url('/2.png'))));
  expect(replies.map(({ status }) => status)).toEqual([400, 400, 400]);
  for (const reply of replies) expect(await reply.text()).toContain('OLLAMA_FETCH_IMAGES');
  expect(files.requests).toEqual([]);
});

it('at most 32 files of one request are fetched', async () => {
  const part = { type: 'image_url', image_url: { url: files.url('/1.png') } };
  const messages = [{ role: 'user', content: Array(33).fill(part) }];
  const reply = await server.post('/v1/chat/completions', { model: 'v', messages });
  expect([reply.status, await reply.text()]).toEqual([
    400,
    expect.stringContaining('messages[0].content[32]: at most 32 files'),
  ]);
  expect(files.requests).toEqual([]);
});

it('nothing is fetched for a key that may not use the model', async () => {
  await server.close();
  const keys = await keysOf([keyRecord('ok-narrow', { models: ['other'] })]);
  server = await startVisionServer({ imageHosts: () => hosts, keys });
  const url = files.url('/1.png');
  const all = [
    ...paths.map((path) => [path, { model: 'v', ...bodies(url)[path] }] as const),
    ['/v1/messages/count_tokens', { model: 'v', ...bodies(url)['/v1/messages'] }] as const,
    ['/v1/embeddings', { model: 'v', ...bodies(url)['/v1/chat/completions'] }] as const,
    ['/tokenize', { model: 'v', ...bodies(url)['/v1/chat/completions'] }] as const,
    ['/v1/chat/completions/render', { model: 'v', ...bodies(url)['/v1/chat/completions'] }] as const,
  ];
  for (const [path, body] of all) {
    const reply = await server.post(path, body, { Authorization: 'Bearer ok-narrow' });
    expect([path, reply.status]).toEqual([path, 403]);
  }
  expect(files.requests).toEqual([]);
});
