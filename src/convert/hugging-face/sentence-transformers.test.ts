import { describe, expect, it } from 'vitest';
import { planChanged } from '../../../test/fakes/import/changed-case.ts';

const pooling = async (change: Parameters<typeof planChanged>[1]): Promise<unknown> =>
  new Map((await planChanged('bert', change)).metadata).get('bert.pooling_type')?.value;

const settings = (value: object) => ({ files: { '1_Pooling/config.json': value } });

describe('the pooling of a model that embeds texts', () => {
  it.each([
    [{ pooling_mode_mean_tokens: true, pooling_mode_cls_token: false }, 1],
    [{ pooling_mode_cls_token: true }, 2],
    [{ pooling_mode_lasttoken: true }, 3],
    [{ pooling_mode: 'cls' }, 2],
  ])('follows %j', async (value, expected) => {
    expect(await pooling(settings(value))).toBe(expected);
  });

  it('is the mean where the folder does not say, with a warning', async () => {
    const plan = await planChanged('bert', { files: { 'modules.json': undefined } });
    expect(new Map(plan.metadata).get('bert.pooling_type')?.value).toBe(1);
    expect(plan.report.warnings).toEqual([expect.stringContaining('modules.json is missing')]);
  });

  it.each([
    [{ pooling_mode_max_tokens: true }],
    [{ pooling_mode_cls_token: true, pooling_mode_mean_tokens: true }],
    [{ pooling_mode: 'weightedmean' }],
    [{}],
  ])('is refused as %j', async (value) => {
    await expect(pooling(settings(value))).rejects.toThrow('the pooling in 1_Pooling/config.json');
  });

  it('is refused where its settings are missing', async () => {
    const plan = pooling({ files: { '1_Pooling/config.json': undefined } });
    await expect(plan).rejects.toThrow('1_Pooling/config.json is missing');
  });
});

describe('a model that writes text', () => {
  const modules = [
    { path: '', type: 'sentence_transformers.models.Transformer' },
    { path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
  ];
  const files = { 'modules.json': modules, '1_Pooling/config.json': { pooling_mode_lasttoken: true } };
  const poolingOf = async (name: string, change = {}) =>
    new Map((await planChanged(name, change)).metadata).get(`${name}.pooling_type`)?.value;

  it('embeds texts where its folder says so, such as Qwen3-Embedding', async () => {
    expect(await poolingOf('qwen3', { files })).toBe(3);
    expect(await poolingOf('qwen3')).toBeUndefined();
  });
});

describe('the modules of a model that embeds texts', () => {
  it.each(['sentence_transformers.models.Dense', 'custom.NotNormalize', 7])(
    'are refused with %s',
    async (type) => {
      const plan = pooling({ files: { 'modules.json': [{ path: '2_Dense', type }] } });
      await expect(plan).rejects.toThrow('modules.json has a module');
    },
  );

  it('must be a list', async () => {
    await expect(pooling({ files: { 'modules.json': {} } })).rejects.toThrow('must hold a list');
  });
});

describe('prompts of a model that embeds texts', () => {
  it('are told, because clients must add them', async () => {
    const prompts = { query: 'query: ', document: '', passage: 'passage: ' };
    const files = { 'config_sentence_transformers.json': { prompts, default_prompt_name: null } };
    const { report } = await planChanged('bert', { files });
    expect(report.warnings).toEqual([
      'the model expects one of these prompts before a text, which clients must add: query: "query: ", passage: "passage: "',
    ]);
  });
});
