/** Pictures and sound in the native API, from the request to the engine. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { broken } from '../../test/fakes/chats/fake-media.ts';
import {
  picture,
  sound,
  startVisionServer,
  type VisionServer,
} from '../../test/fakes/servers/vision-server.ts';
import { pseudoTokens } from '../protocol/media.ts';

let server: VisionServer;

beforeEach(async () => {
  server = await startVisionServer();
});
afterEach(() => server.close());

const post = (path: string, body: object) => server.post(path, { model: 'v', stream: false, ...body });
interface Body {
  readonly response?: string;
  readonly context?: readonly number[];
  readonly prompt_eval_count?: number;
  readonly _debug_info?: unknown;
  readonly capabilities?: readonly string[];
  readonly modelfile?: string;
}

async function json(reply: Response | Promise<Response>): Promise<Body> {
  return (await (await reply).json()) as Body;
}

const chat = (messages: object[], rest: object = {}) => post('/api/chat', { messages, ...rest });
const user = (content: string, ...images: string[]) => ({ role: 'user', content, images });
const lastRequest = () => server.runner.requests.at(-1);

/** The prompt as text, with the bytes of the pieces in the place of their tokens. */
async function seen(): Promise<string> {
  const { prompt = [], media = [] } = lastRequest() ?? {};
  let text = '';
  let position = 0;
  for (const span of media) {
    expect(prompt.slice(span.start, span.start + span.tokens)).toEqual(pseudoTokens(span));
    text += await server.runner.detokenize(prompt.slice(position, span.start));
    text += `{${span.digest.slice(0, 4)}}`;
    position = span.start + span.tokens;
  }
  return text + (await server.runner.detokenize(prompt.slice(position)));
}

async function shortDigest(base64: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', Buffer.from(base64, 'base64'));
  return Buffer.from(hash).toString('hex').slice(0, 4);
}

describe('pictures of a chat', () => {
  it('reach the engine as pieces at their places, between the tags of the family', async () => {
    const reply = await chat([
      user('What is this?', picture('1')),
      { role: 'assistant', content: 'A cat' },
      user('and', picture('2'), picture('3')),
    ]);
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({ message: { content: 'A cat' } });
    const [one, two, three] = await Promise.all(['1', '2', '3'].map((name) => shortDigest(picture(name))));
    expect(await seen()).toBe(
      `user: <image>{${one}}</image>What is this? assistant: A cat user: <image>{${two}}</image><image>{${three}}</image>and `,
    );
    expect(server.runner.encoded.map((bytes) => Buffer.from(bytes).toString('base64'))).toEqual(
      ['1', '2', '3'].map(picture),
    );
    expect(lastRequest()?.prompt[0]).toBe(1);
  });

  it('take the place of [img] and [img-N]', async () => {
    await chat([user('first [img] second', picture('1'))]);
    expect(await seen()).toMatch(/^user: first <image>\{....\}<\/image> second $/);
    await chat([user('[img-1] before [img-0]', picture('1'), picture('2'))]);
    const [one, two] = await Promise.all(['1', '2'].map((name) => shortDigest(picture(name))));
    expect(await seen()).toBe(`user: <image>{${two}}</image> before <image>{${one}}</image> `);
  });

  it('stand before a text that only contains the mark of another', async () => {
    await chat([user('what is "[img-7]" in my log?', picture('1'))]);
    expect(await seen()).toMatch(/^user: <image>\{....\}<\/image>what is "\[img-7\]" in my log\? $/);
    await post('/api/generate', { prompt: 'and [img-9]?', images: [picture()], raw: true });
    expect(await seen()).toMatch(/^<image>\{....\}<\/image>and \[img-9\]\?$/);
  });

  it('count as tokens of the prompt', async () => {
    const count = async (...images: string[]) => (await json(chat([user('x', ...images)]))).prompt_eval_count;
    // The two tags are words of their own.
    expect(((await count(picture())) ?? 0) - ((await count()) ?? 0)).toBe(4 + 2);
  });

  it('are given to the model in results of tools, too', async () => {
    await chat([
      user('look'),
      { role: 'assistant', content: '', tool_calls: [{ function: { name: 'screenshot', arguments: {} } }] },
      { role: 'tool', content: 'done', images: [picture('s')] },
    ]);
    expect(await seen()).toContain(`tool: <image>{${await shortDigest(picture('s'))}}</image>done`);
  });

  it('may be sent with line breaks', async () => {
    const text = picture('xyz');
    expect((await chat([user('a', `${text.slice(0, 8)}\r\n${text.slice(8)}`)])).status).toBe(200);
  });

  it('obey the limits of the options, of the request before those of the model', async () => {
    await server.addModel('small', {
      files: { 'mmproj.gguf': await projectorOf('v') },
      create: { parameters: { image_max_tokens: 3, image_min_tokens: 2 } },
    });
    await post('/api/chat', { model: 'small', messages: [user('x', picture())] });
    expect(server.media.inputs.at(-1)?.limits).toEqual({ minTokens: 2, maxTokens: 3 });
    await post('/api/chat', {
      model: 'small',
      messages: [user('x', picture())],
      options: { image_max_tokens: 2 },
    });
    expect(lastRequest()?.media).toMatchObject([{ tokens: 2 }]);
    const wrong = await chat([user('x', picture())], {
      options: { image_min_tokens: 9, image_max_tokens: 8 },
    });
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      { error: '"image_min_tokens" (9) is greater than "image_max_tokens" (8)' },
    ]);
  });
});

async function projectorOf(name: string): Promise<string> {
  const { modelfile } = await json(server.post('/api/show', { model: name }));
  const path = modelfile?.match(/^FROM .*sha256-([0-9a-f]{64})$/gm)?.at(-1);
  return `sha256:${path?.slice(-64)}`;
}

describe('a conversation that is too long', () => {
  const long = 'word '.repeat(1500);

  it('loses its oldest turns with their pictures, which are never prepared', async () => {
    const reply = await chat([
      ...Array.from({ length: 20 }, (_, index) => [
        user(long, picture(`old ${index}`)),
        { role: 'assistant', content: 'yes' },
      ]).flat(),
      user('now', picture('new')),
    ]);
    expect(reply.status).toBe(200);
    expect(await seen()).toContain(`user: <image>{${await shortDigest(picture('new'))}}</image>now`);
    const prepared = new Set(server.media.inputs.map(({ source }) => source));
    expect(prepared.has(picture('old 0'))).toBe(false);
    expect(lastRequest()?.prompt.length).toBeLessThan(2048);
  });

  it('is refused when no picture of the last turn would be left', async () => {
    const reply = await chat([user(`${'word '.repeat(3000)}`, picture())]);
    expect([reply.status, await reply.json()]).toEqual([
      400,
      {
        error: expect.stringMatching(/the prompt is longer .* tokens, 4 of them for its pictures and sounds/),
      },
    ]);
  });
});

describe('what cannot be used', () => {
  it.each([
    [
      'not base64',
      { messages: [user('a'), user('b', picture(), '?')] },
      'field "messages[1].images[1]": it is not base64',
    ],
    ['empty', { messages: [user('a', '')] }, 'field "messages[0].images[0]": it is empty'],
    ['a data URL', { messages: [user('a', `data:image/png;base64,${picture()}`)] }, 'it is a data URL'],
    [
      'not a picture',
      { messages: [user('a', picture(), broken)] },
      '"messages[0].images[1]": it is not a picture',
    ],
    [
      'a sound',
      { messages: [user('a', sound)] },
      '"messages[0].images[0]" cannot be sent to model "v:latest": the model does not support audio',
    ],
    ['too many', { messages: [user('a', ...Array(1001).fill('aGk='))] }, 'messages[0].images'],
    [
      'without a place',
      { messages: [user('see [img-0]', picture('1'), picture('2'))] },
      'messages[0].images[1] has no place in the prompt',
    ],
  ])('is refused, naming where it is: %s', async (_, body, message) => {
    const reply = await post('/api/chat', body);
    expect([reply.status, await reply.json()]).toEqual([400, { error: expect.stringContaining(message) }]);
    expect(server.runner.requests).toEqual([]);
  });

  it('is refused by a model without a projector, and left out of its history', async () => {
    const refused = await chat([user('a', picture())], { model: 'm' });
    expect(refused.status).toBe(400);
    const left = await chat([user('a', picture(), sound), { role: 'assistant', content: 'b' }, user('c')], {
      model: 'm',
    });
    expect(left.headers.get('X-Ollama-Ignored')).toBe(
      'messages[0].images[0] (image), messages[0].images[1] (audio)',
    );
    expect(await seen()).toBe('user: [image left out]\n[audio left out]\na assistant: b user: c ');
    expect(server.media.inputs).toEqual([]);
  });
});

describe('generate', () => {
  it('answers about its pictures, and returns no context, because tokens cannot carry them', async () => {
    const reply = await post('/api/generate', { prompt: 'what?', images: [picture()] });
    const body = await json(reply);
    expect(body.response).toBe('A cat');
    expect(body).not.toHaveProperty('context');
    expect(await seen()).toMatch(/^user: <image>\{....\}<\/image>what\? $/);
    const text = await json(post('/api/generate', { prompt: 'what?' }));
    expect(text.context?.every((token) => token >= 0)).toBe(true);
  });

  it('continues a context with a picture', async () => {
    await post('/api/generate', { prompt: 'what?', images: [picture()], context: [1, 2, 3] });
    expect(lastRequest()?.prompt.slice(0, 3)).toEqual([1, 2, 3]);
    expect(lastRequest()?.media?.[0]?.start).toBeGreaterThan(3);
    await seen();
  });

  it('puts the pictures of a raw prompt first, unless the prompt places them', async () => {
    await post('/api/generate', { prompt: 'what?', images: [picture()], raw: true });
    expect(await seen()).toMatch(/^<image>\{....\}<\/image>what\?$/);
    await post('/api/generate', { prompt: 'so [img-0] what?', images: [picture()], raw: true });
    expect(await seen()).toMatch(/^so <image>\{....\}<\/image> what\?$/);
  });

  it('answers about a picture without a prompt', async () => {
    const reply = await post('/api/generate', { images: [picture()] });
    expect((await json(reply)).response).toBe('A cat');
  });

  it('shows where the pictures are when it only renders', async () => {
    const reply = await post('/api/generate', { prompt: 'x', images: [picture()], _debug_render_only: true });
    expect((await json(reply))._debug_info).toEqual({
      rendered_template: 'user: [img-0]x ',
      image_count: 1,
    });
  });

  it('fills no gap around pictures', async () => {
    const reply = await post('/api/generate', { prompt: 'x', suffix: 'y', images: [picture()] });
    expect(reply.status).toBe(400);
  });
});

it('sound goes to a model that hears', async () => {
  const reply = await chat([user('say', sound)], { model: 'a' });
  expect(reply.status).toBe(200);
  expect(lastRequest()?.media).toMatchObject([{ kind: 'audio' }]);
  expect(await seen()).toMatch(/^user: <audio>\{....\}<\/audio>say $/);
});

it('the model is loaded with its projector, once for all requests', async () => {
  await chat([user('x', picture())]);
  await chat([user('x')]);
  expect(server.loads).toHaveLength(1);
  expect(server.loads[0]?.projectorPath).toMatch(/sha256-[0-9a-f]{64}$/);
});

it('the capabilities follow from the projector', async () => {
  const capabilities = async (model: string) =>
    (await json(server.post('/api/show', { model }))).capabilities;
  expect(await capabilities('m')).not.toContain('vision');
  expect(await capabilities('v')).toContain('vision');
  expect(await capabilities('v')).not.toContain('audio');
  expect(await capabilities('a')).toEqual(expect.arrayContaining(['vision', 'audio']));
});
