import { describe, expect, it } from 'vitest';
import { planChanged } from '../../../test/fakes/import/changed-case.ts';
import { withPredictingLayer } from '../../../test/fakes/import/predicting-layer.ts';

const key = 'deepseek2.nextn_predict_layers';

describe('the layer that predicts the token after the next one', () => {
  it('is kept where there is one, with what it has beside other layers', async () => {
    const plan = await planChanged('deepseek-v3', {
      config: { num_nextn_predict_layers: 1 },
      tensors: (tensors) => withPredictingLayer(tensors),
    });
    const metadata = new Map(plan.metadata);
    expect(metadata.get(key)).toEqual({ type: 'u32', value: 1 });
    expect(metadata.get('deepseek2.block_count')).toEqual({ type: 'u32', value: 3 });
    const names = plan.tensors.map(({ name }) => name).filter((name) => name.startsWith('blk.2.'));
    expect(names).toEqual(
      expect.arrayContaining([
        'blk.2.nextn.eh_proj.weight',
        'blk.2.attn_k_b.weight',
        'blk.2.ffn_up_exps.weight',
      ]),
    );
    expect(plan.report.dropped).toEqual([]);
  });

  it('is not there although config.json declares it', async () => {
    const plan = await planChanged('deepseek-v3', { config: { num_nextn_predict_layers: 1 } });
    expect(plan.metadata.map(([name]) => name)).not.toContain(key);
    expect(plan.report.dropped).toEqual([]);
  });

  it('is left out where there are several, and told of', async () => {
    const plan = await planChanged('deepseek-v3', {
      tensors: (tensors) => withPredictingLayer(withPredictingLayer(tensors), 3),
    });
    expect(plan.metadata.map(([name]) => name)).not.toContain(key);
    expect(plan.tensors.filter(({ name }) => /^blk\.[23]\./.test(name))).toEqual([]);
    expect(plan.report.dropped).toEqual([
      expect.stringMatching(/^layers that predict further tokens \(MTP\) \(\d+ tensors\)$/),
    ]);
  });

  it('must be whole', async () => {
    const incomplete = planChanged('deepseek-v3', {
      tensors: (tensors) => withPredictingLayer(tensors).filter(([name]) => !name.endsWith('.hnorm.weight')),
    });
    await expect(incomplete).rejects.toThrow('tensor "model.layers.2.hnorm.weight" is missing');
  });
});
