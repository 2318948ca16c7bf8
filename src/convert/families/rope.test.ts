import { describe, expect, it } from 'vitest';
import { Config } from '../hugging-face/config.ts';
import { Folder } from '../hugging-face/folder.ts';
import { llama3Frequencies, ropeOf } from './rope.ts';

const llama31 = {
  rope_theta: 500_000,
  head_dim: 128,
  rope_scaling: {
    rope_type: 'llama3',
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  },
};

/** The part between the pairs that keep their speed and those that are eight times slower. */
const TORCH = [
  1.2074838876724243, 1.5534145832061768, 2.026313066482544, 2.6945300102233887, 3.684253215789795,
  5.257327079772949,
];

function frequencies(settings: Record<string, unknown>): readonly number[] {
  const scope = {
    config: new Config(settings),
    folder: new Folder([]),
    layers: 1,
    tokenCount: 1,
    fileType: 0,
  };
  const [tensor] = llama3Frequencies(scope);
  return tensor?.data.kind === 'values' ? tensor.data.values : [];
}

describe('the frequencies of Llama 3', () => {
  it('slow down as in torch, bit for bit, for Llama 3.1', () => {
    const values = frequencies(llama31);
    expect(values).toHaveLength(64);
    expect(values.slice(0, 29).every((value) => value === 1)).toBe(true);
    // Made by torch 2.11 with the formula of llama.cpp's converter.
    expect(values.slice(29, 35)).toEqual(TORCH.map(Math.fround));
    expect(values.slice(35).every((value) => value === 8)).toBe(true);
  });

  it('are absent for other kinds of scaling', () => {
    expect(frequencies({ ...llama31, rope_scaling: { rope_type: 'linear', factor: 2 } })).toEqual([]);
  });
});

describe('the settings of the rope', () => {
  it('are the same in both forms that transformers writes', () => {
    const { rope_theta: theta, rope_scaling: scaling } = llama31;
    const older = ropeOf(new Config(llama31));
    const newer = ropeOf(new Config({ rope_parameters: { ...scaling, rope_theta: theta } }));
    const facts = ({ scaling: _, ...rest }: typeof older) => rest;
    expect(facts(newer)).toEqual(facts(older));
  });

  it('may be given for layers with and without a window', () => {
    const config = new Config({
      rope_theta: 1,
      rope_parameters: {
        full_attention: { rope_type: 'linear', factor: 8, rope_theta: 1e6 },
        sliding_attention: { rope_type: 'default', rope_theta: 1e4 },
      },
    });
    expect(ropeOf(config)).toMatchObject({ type: 'linear', theta: 1e6, windowTheta: 1e4 });
  });
});
