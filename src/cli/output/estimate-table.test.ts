import { describe, expect, it } from 'vitest';
import { renderEstimate } from './estimate-table.ts';

const estimate = {
  model: 'm:latest',
  num_ctx: 4096,
  slots: 4,
  memory: {
    weights: 96e6,
    kv_cache: 377_487_360,
    compute: 16e6,
    adapters: 0,
    process: 1e8,
    total: 589_487_360,
  },
  available: 7_100_000_000,
  fits: true,
};

describe('renderEstimate', () => {
  it('lists the parts, the total and the available memory, with aligned sizes', () => {
    expect(
      renderEstimate(estimate)
        .split('\n')
        .map((line) => line.trimEnd()),
    ).toEqual([
      '  Load',
      '    context    4096',
      '    slots      4',
      '',
      '  Memory',
      '    weights       96 MB',
      '    KV cache     377 MB',
      '    compute       16 MB',
      '    adapters        0 B',
      '    process      100 MB',
      '    total        589 MB',
      '    available    7.1 GB',
      '',
      '  It fits.',
      '',
    ]);
  });

  it('says if there is too little memory', () => {
    expect(renderEstimate({ ...estimate, available: 10, fits: false })).toMatch(/ {2}It does not fit\.\n$/);
  });
});
