import { describe, expect, it } from 'vitest';
import { planChanged } from '../../../test/fakes/import/changed-case.ts';

describe('a model on which the engine would end its process', () => {
  it.each([
    ['mixtral', { num_experts_per_tok: 12 }, '12 of 11 experts'],
    ['mixtral', { num_experts_per_tok: 0 }, '0 of 11 experts'],
    ['deepseek-v3', { n_group: 2, topk_group: 2 }, '2 of 2 groups of 8 experts'],
    ['deepseek-v3', { n_group: 3, topk_group: 1 }, '1 of 3 groups of 8 experts'],
    ['deepseek-v3', { n_group: 8, topk_group: 2 }, '2 of 8 groups of 8 experts'],
    ['granite', { num_experts_per_tok: 2 }, '2 of 0 experts'],
    ['phi3', { partial_rotary_factor: 2 }, 'its rope cannot turn 32 of the 16 values of a head'],
    ['phi3', { partial_rotary_factor: 0.2 }, 'its rope cannot turn 3 of the 16 values of a head'],
  ])('is refused: %s with %j', async (name, config, message) => {
    await expect(planChanged(name, { config })).rejects.toThrow(
      `the engine cannot load the model: ${message}`,
    );
  });

  it('is not one with a single group of experts', async () => {
    const plan = await planChanged('deepseek-v3', { config: { n_group: 1, topk_group: 1 } });
    expect(plan.tensors.length).toBeGreaterThan(0);
  });
});
