import { describe, expect, it } from 'vitest';
import type { ModelOptions } from '../../api/options/options.ts';
import { effectiveOptions } from './effective-options.ts';

const resolve = (request: ModelOptions, model: ModelOptions = {}, trainContextLength = 8192) =>
  effectiveOptions({ contextLength: 2048, trainContextLength, model, request });

describe('effectiveOptions', () => {
  it('has the defaults of the API', () => {
    expect(resolve({})).toEqual({
      contextLength: 2048,
      wantedContext: 2048,
      isDefaultContext: true,
      batchSize: 512,
      gpuLayers: -1,
      threads: 0,
      useMmap: undefined,
      useMlock: false,
      adapterScales: [],
      stop: [],
      bannedStrings: [],
      grammar: undefined,
      maxTokens: 20_480,
      answerTokens: undefined,
      keep: 4,
      draftTokens: undefined,
      isDeterministic: false,
      fixedSpaces: false,
      isFastForward: false,
      fillsContext: false,
      imageTokens: {},
      sampling: {
        temperature: 0.8,
        topK: 40,
        topP: 0.9,
        minP: 0,
        typicalP: 1,
        repeatPenalty: 1,
        repeatLastN: 64,
        presencePenalty: 0,
        frequencyPenalty: 0,
        seed: -1,
      },
    });
  });

  it('prefers the request to the model, and the model to the server', () => {
    const options = resolve({ top_k: 1 }, { top_k: 2, num_ctx: 512, stop: ['</s>', ''] });
    expect(options.sampling.topK).toBe(1);
    expect(options.contextLength).toBe(512);
    expect(options.stop).toEqual(['</s>']);
  });

  it('takes "deterministic" from the request, the model and the server, in this order', () => {
    const isDeterministic = (request: ModelOptions, model: ModelOptions, server: boolean) =>
      effectiveOptions({
        contextLength: 2048,
        isDeterministic: server,
        trainContextLength: 0,
        model,
        request,
      }).isDeterministic;
    expect(isDeterministic({}, {}, true)).toBe(true);
    expect(isDeterministic({}, { deterministic: false }, true)).toBe(false);
    expect(isDeterministic({ deterministic: true }, { deterministic: false }, false)).toBe(true);
  });

  it('clamps the context to the training context of the model, and to a usable minimum', () => {
    expect(resolve({ num_ctx: 100_000 }).contextLength).toBe(8192);
    expect(resolve({ num_ctx: 100_000 }, {}, 0).contextLength).toBe(100_000);
    expect(resolve({ num_ctx: 0 }).contextLength).toBe(4);
  });

  it.each([
    [-1, 20_480],
    [-2, 20_480],
    [0, 0],
    [7, 7],
    [1e9, 20_480],
  ])('ends num_predict %i after %i tokens', (num_predict, maxTokens) => {
    expect(resolve({ num_predict }).maxTokens).toBe(maxTokens);
  });

  it('ends with the context only if num_predict is -2', () => {
    expect(resolve({ num_predict: -2 }).fillsContext).toBe(true);
    expect(resolve({ num_predict: -1 }).fillsContext).toBe(false);
  });

  it('reduces any seed to 32 bits; a negative one means a new seed each time', () => {
    expect(resolve({ seed: 2 ** 32 + 5 }).sampling.seed).toBe(4);
    expect(resolve({ seed: -7 }).sampling.seed).toBe(-1);
  });
});
