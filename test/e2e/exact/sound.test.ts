/** Sound from the request to the engine and back: random weights of a text model and of an encoder like Ultravox's. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toneWav } from '../../fakes/media/tone-wav.ts';
import { writeRandomArchitecture } from '../../fakes/models/random-architectures.ts';
import { writeRandomAudioProjector } from '../../oracle/random-audio-projector.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post, replyOf, upload } from '../support/server-requests.ts';

const TIMEOUT_MS = 300_000;
/** Values per row of the text model. */
const WIDTH = 32;
const ENCODER_WIDTH = 64;
/** Rows of Whisper's encoder that become one row of the model. */
const STACK = 8;
const SECONDS = 4;
/** Whisper hears 30 s at once, and makes a row of every 20 ms. */
const ROWS = Math.floor((30 * 50) / STACK);

let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sound-'));
  server = await startTestServer();
  const [text, projector] = [join(folder, 'text.gguf'), join(folder, 'mmproj.gguf')];
  await writeRandomArchitecture(text, 'gemma3');
  await writeRandomAudioProjector(projector, {
    ...{ type: 'ultravox', melBins: 80, width: ENCODER_WIDTH, heads: 4, blocks: 2, feedForward: 160 },
    ...{ rowWidth: WIDTH, stackFactor: STACK },
    tensors: {
      'a.conv1d.1.weight': [3, 80, ENCODER_WIDTH],
      'a.conv1d.1.bias': [1, ENCODER_WIDTH],
      'a.conv1d.2.weight': [3, ENCODER_WIDTH, ENCODER_WIDTH],
      'a.conv1d.2.bias': [1, ENCODER_WIDTH],
      'a.position_embd.weight': [ENCODER_WIDTH, 1500],
      'mm.a.norm_pre.weight': [ENCODER_WIDTH * STACK],
      'mm.a.mlp.1.weight': [ENCODER_WIDTH * STACK, 2 * WIDTH],
      'mm.a.norm_mid.weight': [WIDTH],
      'mm.a.mlp.2.weight': [WIDTH, WIDTH],
    },
  });
  const files = { 'model.gguf': await upload(server, text), 'mmproj.gguf': await upload(server, projector) };
  await createModel(server, 'hearing', text, { files, parameters: { num_predict: 8, num_ctx: 1024 } });
}, TIMEOUT_MS);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly response: string;
  readonly prompt_eval_count: number;
  readonly prompt_eval_cached?: number;
}

async function ask(prompt: string, ...sounds: Buffer[]): Promise<Answer> {
  const { status, body } = await post(server, '/api/generate', {
    ...{ model: 'hearing', prompt, raw: true, stream: false, verbose_metrics: true },
    images: sounds.map((sound) => sound.toString('base64')),
    options: { temperature: 0 },
  });
  expect({ status, body }).toMatchObject({ status: 200 });
  return body as Answer;
}

async function transcribe(wav: Buffer, task = 'transcriptions') {
  const form = new FormData();
  form.append('model', 'hearing');
  form.append('file', new Blob([Uint8Array.from(wav)]), 'speech.wav');
  return replyOf(await fetch(`${server.url}/v1/audio/${task}`, { method: 'POST', body: form }));
}

describe('a recording', { timeout: TIMEOUT_MS }, () => {
  it('counts as tokens of the prompt', async () => {
    const [one, none] = [await ask('what is this', toneWav(100, SECONDS)), await ask('what is this')];
    const each = one.prompt_eval_count - none.prompt_eval_count;
    expect(each).toBeGreaterThanOrEqual(ROWS);
    const longer = await ask('what is this', toneWav(100, 31));
    expect(longer.prompt_eval_count - one.prompt_eval_count).toBeGreaterThanOrEqual(ROWS);
  });

  it('is not computed again for a second question about it', async () => {
    const first = await ask('who speaks', toneWav(400, SECONDS));
    expect(first.prompt_eval_cached ?? 0).toBeLessThan(ROWS);
    const same = await ask('who speaks', toneWav(400, SECONDS));
    expect(same).toMatchObject({ response: first.response, prompt_eval_cached: first.prompt_eval_count });
    const other = await ask('and where', toneWav(400, SECONDS));
    expect(other.prompt_eval_cached).toBeGreaterThanOrEqual(ROWS);
  });

  it('is heard: other recordings lead to other answers', async () => {
    const answers = await Promise.all(
      [100, 600, 2500, 6000].map((hertz) => ask('and so', toneWav(hertz, SECONDS))),
    );
    expect(new Set(answers.map(({ response }) => response)).size).toBeGreaterThan(1);
  });

  it('is written down and translated by the routes of OpenAI', async () => {
    const first = await transcribe(toneWav(4900, SECONDS));
    expect(first).toMatchObject({ status: 200, body: { text: expect.any(String) } });
    expect(await transcribe(toneWav(4900, SECONDS))).toMatchObject({ status: 200, body: first.body });
    expect(await transcribe(toneWav(4900, SECONDS), 'translations')).toMatchObject({ status: 200 });
  });

  it('counts in the usage of a chat, and is reused there', async () => {
    const chat = async (hertz: number) => {
      const data = toneWav(hertz, SECONDS).toString('base64');
      const content = [
        { type: 'text', text: 'what is said' },
        { type: 'input_audio', input_audio: { data, format: 'wav' } },
      ];
      const messages = [{ role: 'user', content }];
      const { status, body } = await post(server, '/v1/chat/completions', { model: 'hearing', messages });
      expect({ status, body }).toMatchObject({ status: 200 });
      return (body as { usage: Usage }).usage;
    };
    const first = await chat(440);
    expect(first.prompt_tokens).toBeGreaterThanOrEqual(ROWS);
    const second = await chat(440);
    expect(second.prompt_tokens).toBe(first.prompt_tokens);
    expect(second.prompt_tokens_details?.cached_tokens).toBe(first.prompt_tokens);
  });
});

interface Usage {
  readonly prompt_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
}
