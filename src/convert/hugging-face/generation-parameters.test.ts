import { describe, expect, it } from 'vitest';
import { generationParameters } from './generation-parameters.ts';

describe('parameters from generation_config.json', () => {
  it('have the names of a Modelfile', () => {
    const settings = { do_sample: true, temperature: 0.6, top_k: 20, top_p: 0.95, repetition_penalty: 1.05 };
    expect(generationParameters(settings)).toEqual({
      temperature: 0.6,
      top_k: 20,
      top_p: 0.95,
      repeat_penalty: 1.05,
    });
  });

  it('are taken when the file does not mention sampling', () => {
    expect(generationParameters({ temperature: 0.7 })).toEqual({ temperature: 0.7 });
  });

  it('are not taken when the model is meant to answer greedily', () => {
    expect(generationParameters({ do_sample: false, temperature: 0.7 })).toEqual({});
    expect(generationParameters(undefined)).toEqual({});
  });

  it('are numbers', () => {
    const settings = { temperature: '0.7', top_k: null, top_p: Number.NaN, min_p: 0 };
    expect(generationParameters(settings)).toEqual({ min_p: 0 });
  });
});
