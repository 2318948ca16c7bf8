/** Pictures and sound that are broken, or whose headers claim what no file holds. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { createModel, post, upload } from '../e2e/support/server-requests.ts';
import { noiseBmp } from '../fakes/media/noise-bmp.ts';
import { toneWav } from '../fakes/media/tone-wav.ts';
import { writeRandomArchitecture } from '../fakes/models/random-architectures.ts';
import { writeRandomAudioProjector } from '../oracle/random-audio-projector.ts';
import { u32, writeRandomProjector } from '../oracle/random-projector.ts';
import { expectOrdinaryAnswer, expectUndisturbed, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

/** Values per row of the text model. */
const ROW_WIDTH = 32;
/**
 * The server itself holds a file, its base64 and a copy for the process that decodes it; what a file claims to hold costs
 * nothing. The pixels of one of the pictures alone would take 190 MB.
 */
const MOST_GROWTH_MEBIBYTES = 100;

let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-media-'));
  server = await startAttackedServer();
  const text = join(folder, 'text.gguf');
  await writeRandomArchitecture(text, 'gemma3');
  await writeRandomProjector(join(folder, 'seeing.gguf'), {
    ...{ type: 'gemma3', imageSize: 84, patchSize: 14, width: 96, heads: 3, blocks: 2, feedForward: 160 },
    rowWidth: ROW_WIDTH,
    keys: { 'vision.projector.scale_factor': u32(2) },
    tensors: { 'mm.input_projection.weight': [ROW_WIDTH, 96], 'mm.soft_emb_norm.weight': [96] },
  });
  await writeRandomAudioProjector(join(folder, 'hearing.gguf'), {
    ...{
      type: 'qwen2a',
      melBins: 128,
      width: 64,
      heads: 4,
      blocks: 2,
      feedForward: 160,
      rowWidth: ROW_WIDTH,
    },
    tensors: {
      'a.conv1d.1.weight': [3, 128, 64],
      'a.conv1d.1.bias': [1, 64],
      'a.conv1d.2.weight': [3, 64, 64],
      'a.conv1d.2.bias': [1, 64],
      'a.position_embd.weight': [64, 1500],
      'mm.a.fc.weight': [64, ROW_WIDTH],
      'mm.a.fc.bias': [ROW_WIDTH],
    },
  });
  for (const name of ['seeing', 'hearing']) {
    const projector = await upload(server, join(folder, `${name}.gguf`));
    const files = { 'model.gguf': await upload(server, text), 'mmproj.gguf': projector };
    await createModel(server, name, text, { files });
  }
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const fixture = (path: string) => readFileSync(new URL(`../fixtures/media/${path}`, import.meta.url));

/** The first part of a file. */
const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);

/** A file with other bytes at some places. */
function changed(source: Buffer, at: number, ...values: number[]): Buffer {
  const bytes = Buffer.from(source);
  bytes.set(values, at);
  return bytes;
}

const longs = (...values: number[]) =>
  values.flatMap((value) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]);
const bigLongs = (...values: number[]) => values.flatMap((value) => longs(value).reverse());

/** Where the headers of BMP, PNG, GIF and WAV files state what they hold. */
const places = {
  bmp: 18,
  png: 16,
  gif: 6,
  channels: 22,
  rate: 24,
  bits: 34,
  format: 20,
  data: 40,
  chunk: 16,
};
const HUGE = 0x7fff_ffff;
const bmp = (width: number, height: number) => changed(noiseBmp(1), places.bmp, ...longs(width, height));
const png = (width: number, height: number) =>
  changed(fixture('pictures/rgb.png'), places.png, ...bigLongs(width, height));
const wav = (at: number, ...values: number[]) => changed(toneWav(440, 1), at, ...values);

const pictures: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['text', Buffer.from('this is no picture')],
  ['an HTML page', Buffer.from('<!DOCTYPE html><title>404</title>')],
  ['zeros', Buffer.alloc(100_000)],
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from([0xff])],
  ['half a BMP', half(noiseBmp(1))],
  ['half a PNG', half(fixture('pictures/rgb.png'))],
  ['half a GIF', half(fixture('pictures/plain.gif'))],
  ['half a WebP', half(fixture('pictures/lossless.webp'))],
  ['the first 30 bytes of a JPEG', fixture('pictures/base.jpg').subarray(0, 30)],
  ['the signature of a PNG alone', fixture('pictures/rgb.png').subarray(0, 8)],
  ['the signature of a JPEG alone', Buffer.from([0xff, 0xd8, 0xff])],
  ['a BMP of 0 x 0', bmp(0, 0)],
  ['a PNG of 0 x 0', png(0, 0)],
  ['a BMP of 100,000 x 1', bmp(100_000, 1)],
  ['a PNG of 100,000 x 1', png(100_000, 1)],
  ['a BMP of 2 billion x 2 billion', bmp(HUGE, HUGE)],
  ['a PNG of 2 billion x 2 billion', png(HUGE, HUGE)],
  ['a BMP of 30,000 x 30,000', bmp(30_000, 30_000)],
  ['a PNG of 8,000 x 8,000 without their pixels', png(8000, 8000)],
  ['a GIF of 65,535 x 65,535', changed(fixture('pictures/plain.gif'), places.gif, 255, 255, 255, 255)],
  ['a BMP whose pixels lie behind its end', changed(noiseBmp(1), 10, ...longs(HUGE))],
  [
    'a PNG whose header has a length of 4 billion',
    changed(fixture('pictures/rgb.png'), 8, 255, 255, 255, 255),
  ],
];

const sounds: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['a WAV that claims 2 GB', wav(places.data, ...longs(HUGE - 1))],
  ['half a WAV', half(toneWav(440, 1))],
  ['a WAV without samples', toneWav(440, 0)],
  ['a WAV without channels', wav(places.channels, 0, 0)],
  ['a WAV of 65,535 channels', wav(places.channels, 255, 255)],
  ['a WAV with 0 samples per second', wav(places.rate, ...longs(0))],
  ['a WAV with 4 billion samples per second', wav(places.rate, 255, 255, 255, 255)],
  ['a WAV with samples of 0 bits', wav(places.bits, 0, 0)],
  ['a WAV in an unknown format', wav(places.format, 77, 77)],
  ['a WAV whose format has a length of 4 billion', wav(places.chunk, 255, 255, 255, 255)],
  ['the first 30 bytes of a FLAC', fixture('sounds/s16.flac').subarray(0, 30)],
  ['the first 30 bytes of an MP3', fixture('sounds/mono.mp3').subarray(0, 30)],
];

const hostile = [
  ...pictures.map(([name, bytes]) => ({ name, bytes, model: 'seeing' })),
  ...sounds.map(([name, bytes]) => ({ name, bytes, model: 'hearing' })),
];

/** A part of a message as OpenAI's clients send it, and what an error calls it. */
function partOf(model: string, data: string) {
  if (model === 'hearing') return { type: 'input_audio', input_audio: { data, format: 'wav' } };
  return { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } };
}

it.each(hostile)('$name: is refused by the name of its field', async ({ bytes, model }) => {
  const data = bytes.toString('base64');
  const native = await post(server, '/api/generate', {
    model,
    prompt: 'what',
    images: [data],
    stream: false,
  });
  expect(native).toMatchObject({ status: 400, body: { error: expect.stringContaining('images[0]') } });
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'what' }, partOf(model, data)] }];
  const openAi = await post(server, '/v1/chat/completions', { model, messages });
  expect(openAi).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('messages[0].content[1]') } },
  });
});

it('all of them at once: nobody waits, texts are answered beside them, and memory stays bounded', async () => {
  const report = await underAttack(server, `${hostile.length} hostile files at once`, () =>
    Promise.all([
      ...hostile.map(async ({ bytes, model }) => {
        const images = [bytes.toString('base64')];
        const { status } = await post(server, '/api/generate', {
          model,
          prompt: 'what',
          images,
          stream: false,
        });
        return status;
      }),
      expectOrdinaryAnswer(server).then(() => 200),
    ]),
  );
  expect(report.result).toEqual([...hostile.map(() => 400), 200]);
  expect(report.peakMebibytes - report.startMebibytes).toBeLessThan(MOST_GROWTH_MEBIBYTES);
  await expectUndisturbed(server, report);
});

it('a picture and a recording that are whole are taken after all that', async () => {
  for (const [model, bytes] of [
    ['seeing', noiseBmp(1)],
    ['hearing', toneWav(440, 1)],
  ] as const) {
    const request = { model, prompt: 'what', images: [bytes.toString('base64')], stream: false };
    const reply = await post(server, '/api/generate', { ...request, options: { num_predict: 2 } });
    expect(reply).toMatchObject({ status: 200, body: { done: true } });
  }
});
