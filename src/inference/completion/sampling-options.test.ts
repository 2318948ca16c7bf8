import { describe, expect, it } from 'vitest';
import { samplingOptions } from './sampling-options.ts';

describe('samplingOptions', () => {
  it('leaves out samplers that are off, by default or by an explicit value', () => {
    const off = samplingOptions({
      mirostat: 0,
      mirostat_tau: 3,
      dry_multiplier: 0,
      dry_base: 2,
      xtc_probability: 0,
      xtc_threshold: 0.3,
      top_n_sigma: -1,
      dynatemp_range: 0,
      dynatemp_exponent: 2,
      logit_bias: [],
      min_tokens: 0,
      ignore_eos: false,
    });
    expect(off).toEqual(samplingOptions({}));
    expect(samplingOptions({ dry_multiplier: 1, dry_penalty_last_n: 0 })).toEqual(off);
  });

  it("fills the samplers that are on with llama.cpp's defaults", () => {
    const on = samplingOptions({
      mirostat: 2,
      dry_multiplier: 0.8,
      xtc_probability: 0.5,
      dynatemp_range: 0.4,
    });
    expect(on).toMatchObject({
      mirostat: { version: 2, tau: 5, eta: 0.1 },
      dry: { multiplier: 0.8, base: 1.75, allowedLength: 2, lastN: -1, breakers: ['\n', ':', '"', '*'] },
      xtc: { probability: 0.5, threshold: 0.1 },
      dynamicTemperature: { range: 0.4, exponent: 1 },
    });
  });

  it('passes on the requested values', () => {
    const biases = [[15043, 1] as const, ['hello', false] as const];
    const options = {
      top_n_sigma: 1.5,
      logit_bias: biases,
      min_tokens: 7,
      ignore_eos: true,
      dry_multiplier: 1,
      dry_sequence_breakers: ['', 'x'],
    };
    expect(samplingOptions({ ...options, logit_bias: [...biases] })).toMatchObject({
      topNSigma: 1.5,
      logitBias: biases,
      minTokens: 7,
      ignoreEos: true,
      dry: { breakers: ['x'] },
    });
  });
});
