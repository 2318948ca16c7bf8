/** Embeddings of pictures, from the request to the engine. */
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { broken, FakeMedia } from '../../test/fakes/chats/fake-media.ts';
import { smallProjector } from '../../test/fakes/models/small-gguf.ts';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { clientOptions } from '../../test/fakes/servers/client-server.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { picture } from '../../test/fakes/servers/vision-server.ts';
import type { EmbeddingFacts } from '../protocol/load.ts';
import { isPseudoToken } from '../protocol/media.ts';

const facts: EmbeddingFacts = {
  pooling: 'last',
  length: 2,
  maxInputTokens: 100,
  canSplit: true,
  maxMediaInputTokens: 100,
};
const template = '{{ range .Messages }}<{{ .Role }}>{{ .Content }}{{ end }}<assistant>';

let server: ScriptServer;

/** Starts a server with "e", whose inputs may have pictures, and "t", which takes only texts. */
async function start(embedding: EmbeddingFacts = facts): Promise<void> {
  const runner = new ScriptRunner({ pieces: [] }, { embedding, addsBos: true });
  server = await startScriptServer({ runner, media: new FakeMedia() });
  const metadata = { 'llama.pooling_type': { type: 'u32', value: 3 } } as const;
  const { digest } = await server.store.blobs.write(
    (async function* () {
      yield smallProjector();
    })(),
  );
  await server.addModel('e', { metadata, create: { template }, files: { 'mmproj.gguf': digest } });
  await server.addModel('t', { metadata, create: { template } });
}

beforeEach(() => start());
afterEach(() => server.close());

const embed = (body: object) => server.post('/api/embed', { model: 'e', ...body });

/** Each embedded input as text, with the number of rows of each picture. */
async function seen(): Promise<string[]> {
  return Promise.all(
    server.runner.embedded.map(async (tokens) => {
      let text = '';
      for (const [index, token] of tokens.entries()) {
        if (!isPseudoToken(token)) text += await server.runner.detokenize([token]);
        else if (!isPseudoToken(tokens[index - 1] ?? 0)) text += '#';
      }
      return text;
    }),
  );
}
const encoded = () => server.runner.encoded.map((bytes) => Buffer.from(bytes).toString('base64'));
/** What the fake engine computes, as 32-bit floats of length 1. */
const VECTOR = [0.600000024, 0.800000012];
const IMAGE = '<image>#</image>';

describe('/api/embed', () => {
  it('embeds a text with its pictures: before it, or where their marks are', async () => {
    const reply = await embed({ input: 'a cat', images: [picture('1'), picture('2')] });
    expect(await reply.json()).toMatchObject({ embeddings: [VECTOR] });
    await embed({ input: 'see [img-1] and [img-0]', images: [picture('3'), picture('4')] });
    await embed({ input: 'see [img], then [img]', images: [picture('5'), picture('6')] });
    expect((await seen()).map((text) => text.replace(/^<s>/, ''))).toEqual([
      `${IMAGE}${IMAGE}a cat`,
      `see ${IMAGE} and ${IMAGE}`,
      `see ${IMAGE}, then ${IMAGE}`,
    ]);
    expect(encoded()).toEqual(['1', '2', '4', '3', '5', '6'].map(picture));
  });

  it('embeds several inputs, of which some have pictures', async () => {
    const images = [picture('1'), [], [picture('2'), picture('3')]];
    const reply = await embed({ input: ['one', 'two', 'three'], images });
    expect(await reply.json()).toMatchObject({ embeddings: [[], [], []].map(() => VECTOR) });
    const texts = (await seen()).map((text) => text.replace(/^<s>/, ''));
    expect(texts).toEqual([`${IMAGE}one`, 'two', `${IMAGE}${IMAGE}three`]);
    expect(encoded()).toEqual(['1', '2', '3'].map(picture));
  });

  it('embeds pictures alone, each by itself', async () => {
    const reply = await embed({ images: [picture('1'), [picture('2'), picture('3')]] });
    expect(await reply.json()).toMatchObject({
      embeddings: [VECTOR, VECTOR],
    });
    const texts = (await seen()).map((text) => text.replace(/^<s>/, ''));
    expect(texts).toEqual([IMAGE, IMAGE + IMAGE]);
  });

  it('counts the tokens of pictures', async () => {
    const counted = async (body: object) =>
      ((await (await embed(body)).json()) as { prompt_eval_count: number }).prompt_eval_count;
    // Four rows, and a tag on each side.
    expect(await counted({ input: 'a', images: [picture()] })).toBe((await counted({ input: 'a' })) + 4 + 2);
  });

  it.each([
    [{ input: ['a', 'b'], images: [picture()] }, '"images" has 1 entries for 2 inputs'],
    [{ input: 'a', images: ['***'] }, 'images[0]": it is not base64'],
    [{ input: ['a'], images: [[picture(), '']] }, 'images[0][1]": it is empty'],
    [{ input: 'a', images: [5] }, 'must be base64, or a list'],
    [{ input: 'a', images: picture() }, 'images'],
    [{ input: 'a', images: [[picture(), broken]] }, '"images[0][1]": it is not a picture'],
    [{ input: 'see [img-0]', images: [picture('1'), picture('2')] }, 'images[1] has no place in the prompt'],
    [{ input: 'a '.repeat(99), images: [picture()] }, 'input 0 exceeds the context length: it has 1'],
    [
      {
        images: [
          Array(30)
            .fill(0)
            .map((_, i) => picture(`${i}`)),
        ],
      },
      'pictures and sounds alone have 104 tokens',
    ],
    [
      { model: 't', input: 'a', images: [picture()] },
      '"images[0]" cannot be sent to model "t:latest": the model does not support images; leave images out',
    ],
  ])('refuses what it cannot embed: %j', async (body, message) => {
    const reply = await embed(body);
    expect([reply.status, await reply.json()]).toEqual([400, { error: expect.stringContaining(message) }]);
    expect(server.runner.embedded).toEqual([]);
  });

  it('refuses pictures for a model that reads in both directions', async () => {
    await server.close();
    const { maxMediaInputTokens: _, ...texts } = facts;
    await start(texts);
    const reply = await embed({ input: 'a', images: [picture()] });
    expect([reply.status, await reply.json()]).toEqual([
      400,
      { error: expect.stringContaining('"images[0]" cannot be embedded by this model') },
    ]);
  });
});

describe('/v1/embeddings', () => {
  const post = (body: object) => server.post('/v1/embeddings', { model: 'e', ...body });
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${picture('1')}` } };
  const messages = [
    { role: 'system', content: 'Represent it.' },
    { role: 'user', content: [image, { type: 'text', text: 'a cat' }] },
  ];

  it("embeds a conversation, by the model's template", async () => {
    const reply = await post({ messages, encoding_format: 'float' });
    expect(await reply.json()).toMatchObject({
      data: [{ index: 0, embedding: VECTOR }],
      usage: { prompt_tokens: expect.any(Number) },
    });
    expect((await seen())[0]).toContain(`<system>Represent it.<user>${IMAGE}a cat<assistant>`);
    expect(encoded()).toEqual([picture('1')]);
  });

  it("is reached by OpenAI's client, which knows no messages there", async () => {
    const openAi = new OpenAI(clientOptions(server, '/v1'));
    const { data } = await openAi.post<{ data: { embedding: number[] }[] }>('/embeddings', {
      body: { model: 'e', messages, encoding_format: 'float' },
    });
    expect(data[0]?.embedding).toEqual(VECTOR);
  });

  it.each([
    [{ messages, input: 'a' }, 'send either \\"input\\" or \\"messages\\"'],
    [{}, 'invalid input: must be a string'],
    [{ messages: [] }, 'invalid input: must be a string'],
    [{ model: 't', messages }, 'messages[1].content[0]'],
    [
      {
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://a/1.png' } }] }],
      },
      'messages[0].content[0]: image URLs are not currently supported',
    ],
  ])('refuses what it cannot embed: %j', async (body, message) => {
    const reply = await post(body);
    expect(reply.status).toBe(400);
    expect(await reply.text()).toContain(message);
  });
});
