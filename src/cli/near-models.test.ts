import { describe, expect, it } from 'vitest';
import { OllamaError } from '../base/errors.ts';
import { nearModels, withNearModels } from './near-models.ts';

const names = ['smollm2:135m', 'smollm2:360m', 'llama3.2:latest', 'me/mine:latest', 'copy:latest'];

describe('models with a similar name', () => {
  it.each([
    ['smolm2', ['smollm2:135m', 'smollm2:360m']],
    ['smollm2', ['smollm2:135m', 'smollm2:360m']],
    ['smollm2:13m', ['smollm2:135m']],
    ['LLAMA32', ['llama3.2:latest']],
    ['me/min', ['me/mine:latest']],
    ['llama', ['llama3.2:latest']],
    ['qwen', []],
    ['me/mime', ['me/mine:latest']],
    ['nope', []],
    ['', []],
  ])('for %j are %j', (asked, expected) => {
    expect(nearModels(asked, names)).toEqual(expected);
  });

  it('follow the error, whose first line does not change', async () => {
    const list = async () => ({ models: names.map((name) => ({ name })) }) as never;
    const missing = new OllamaError('upstream', "model 'smolm2' not found", { status: 404 });
    const told = await withNearModels(missing, 'smolm2', { list });
    expect(told).toMatchObject({
      status: 404,
      message: "model 'smolm2' not found\n\nDid you mean this?\n\tsmollm2:135m\n\tsmollm2:360m\n",
    });
    expect(await withNearModels(new OllamaError('busy', 'busy'), 'smolm2', { list })).toMatchObject({
      message: 'busy',
    });
    const unreached = new OllamaError('upstream', 'pull model manifest: no address was found');
    expect(await withNearModels(unreached, 'smolm2', { list })).toMatchObject({
      message: expect.stringContaining('Did you mean this?\n\tsmollm2:135m\n'),
    });
    const failing = () => Promise.reject(new Error('gone'));
    expect(await withNearModels(missing, 'smolm2', { list: failing })).toBe(missing);
  });
});
