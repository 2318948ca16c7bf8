/**
 * The whole way of a picture or sound, from the request to the words of the answer, against libmtmd as a whole and llama.cpp's
 * decodes: the likeliest tokens are the same up to the first near tie, and equally likely.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerateResponse } from '../../../src/api/generate.ts';
import { decodeWav } from '../../../src/media/audio/decode-wav.ts';
import { decodeBmp } from '../../../src/media/image/decode-bmp.ts';
import { noiseBmp } from '../../fakes/media/noise-bmp.ts';
import { toneWav } from '../../fakes/media/tone-wav.ts';
import { writeSizedModel } from '../../fakes/models/sized-model.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { type AnswerCase, pictureCases, ROW_WIDTH, soundCases } from '../../oracle/answer-cases.ts';
import {
  answerWithOracle,
  MEDIUM_MARK,
  type OracleMedium,
  type OracleToken,
} from '../../oracle/answer-with-oracle.ts';
import { mediaOracle, ORACLE_BUILD_MS } from '../../oracle/media-oracle.ts';
import { writeRandomAudioProjector } from '../../oracle/random-audio-projector.ts';
import { flag, writeRandomProjector } from '../../oracle/random-projector.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post, upload } from '../support/server-requests.ts';

const TIMEOUT_MS = 300_000;
const MOST_TOKENS = 20;
/** Difference of the two best logits, below which the rounding to 16 bits inside attention may decide. */
const NEAR_TIE = 0.1;
/** Of log probabilities, for the same reason; the largest difference seen was 0.04. */
const TOLERANCE = 0.1;
/** Texts that llama.cpp looks up in the vocabulary. */
const marks = ['\n\n', '<fake_token_around_image>', '<global-img>', '<start_of_image>', '<end_of_image>'];

let folder: string;
let server: TestServer;
let oracle: Awaited<ReturnType<typeof mediaOracle>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'answers-'));
  oracle = await mediaOracle();
  server = await startTestServer();
}, ORACLE_BUILD_MS);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Files {
  readonly text: string;
  readonly mmproj: string;
}

interface Question {
  readonly prompt: string;
  /** Whole files. */
  readonly media: readonly Buffer[];
}

async function create(model: string, { architecture, projector }: AnswerCase): Promise<Files> {
  const paths = { text: join(folder, `${model}.gguf`), mmproj: join(folder, `${model}-mmproj.gguf`) };
  await writeSizedModel(paths.text, {
    ...{ architecture, seed: 7, sharpness: 2, marks, hasOutput: architecture === 'gemma3' },
    ...{ layers: 6, embedding: ROW_WIDTH, heads: 4, kvHeads: 4, headLength: 32, feedForward: 256 },
    ...{ vocabulary: 1000, contextLength: 2048 },
    // Otherwise a line break in front of a tile would get a space, which no vocabulary of real models with tiles adds.
    metadata: { 'tokenizer.ggml.add_space_prefix': flag(false) },
  });
  if ('melBins' in projector) await writeRandomAudioProjector(paths.mmproj, projector);
  else await writeRandomProjector(paths.mmproj, projector);
  const files = {
    'model.gguf': await upload(server, paths.text),
    'mmproj.gguf': await upload(server, paths.mmproj),
  };
  await createModel(server, model, paths.text, { files });
  return paths;
}

async function answer(model: string, { prompt, media }: Question): Promise<GenerateResponse> {
  const { status, body } = await post(server, '/api/generate', {
    ...{ model, prompt, raw: true, stream: false, logprobs: true },
    images: media.map((file) => file.toString('base64')),
    options: { temperature: 0, num_predict: MOST_TOKENS, num_ctx: 2048 },
  });
  expect({ status, body }).toMatchObject({ status: 200 });
  return body as GenerateResponse;
}

/** @returns how many tokens are the same: all of them, or those before a near tie */
function countSame(ours: GenerateResponse, theirs: readonly OracleToken[]): number {
  const own = ours.logprobs ?? [];
  for (const [index, { bytes, isEnd, logprob, lead }] of theirs.entries()) {
    const token = own[index];
    const isSame = isEnd ? token === undefined : token?.bytes.join() === bytes.join();
    if (!isSame) {
      expect(lead, `token ${index} of ${JSON.stringify(ours.response)}`).toBeLessThan(NEAR_TIE);
      return index;
    }
    if (token) expect(Math.abs(token.logprob - logprob), `token ${index}`).toBeLessThan(TOLERANCE);
  }
  return theirs.length;
}

/** Asks our server and libmtmd the same. @returns the answers of our server */
async function compare(
  program: string,
  one: AnswerCase,
  questions: readonly Question[],
  readMedium: (file: Buffer) => OracleMedium,
): Promise<string[]> {
  const model = one.projector.type;
  const { text, mmproj } = await create(model, one);
  const answers: string[] = [];
  let [same, all] = [0, 0];
  for (const question of questions) {
    const ours = await answer(model, question);
    answers.push(ours.response);
    for (const attention of ['off', 'auto'] as const) {
      const theirs = await answerWithOracle(program, {
        ...{ mmproj, textModel: text, attention, most: MOST_TOKENS },
        prompt: question.prompt.replaceAll(/\[img-\d\]/g, MEDIUM_MARK),
        media: question.media.map(readMedium),
      });
      expect(ours.prompt_eval_count).toBe(theirs.promptTokens);
      same += countSame(ours, theirs.tokens);
      all += theirs.tokens.length;
      // An answer that repeats one token would be the same whatever happened to the picture.
      expect(new Set(theirs.tokens.map(({ bytes }) => bytes.join())).size).toBeGreaterThan(
        theirs.tokens.length / 4,
      );
    }
  }
  // Near ties end some comparisons early, but not most of them.
  expect(same, `${same} of ${all} tokens`).toBeGreaterThan(all / 2);
  return answers;
}

describe('a question about pictures is answered like by libmtmd', { timeout: TIMEOUT_MS }, () => {
  it.for(pictureCases)('$name', async (one, context) => {
    if ('missing' in oracle) return skipWithout(oracle.missing, context);
    const questions = [
      { prompt: 'look at [img-0] and answer', media: [noiseBmp(1, 84, 84)] },
      { prompt: 'look at [img-0] and answer', media: [noiseBmp(2, 60, 200)] },
      { prompt: 'first [img-0] then [img-1] what', media: [noiseBmp(3, 200, 100), noiseBmp(4, 50, 40)] },
    ];
    const answers = await compare(oracle.program, one, questions, (file) => {
      const { width, height, data } = decodeBmp(file);
      return { width, height, pixels: data };
    });
    expect(answers[0], 'other pictures lead to other answers').not.toBe(answers[1]);
  });
});

describe('a question about sound is answered like by libmtmd', { timeout: TIMEOUT_MS }, () => {
  it.for(soundCases)('$name', async (one, context) => {
    if ('missing' in oracle) return skipWithout(oracle.missing, context);
    const prompt = 'listen to [img-0] and answer';
    const questions = [
      { prompt, media: [toneWav(440, 3)] },
      { prompt, media: [toneWav(900, 5)] },
    ];
    const answers = await compare(oracle.program, one, questions, (file) => ({
      samples: decodeWav(file).samples,
    }));
    expect(answers[0], 'other sounds lead to other answers').not.toBe(answers[1]);
  });
});
