import { expect, it } from 'vitest';
import { ModelName } from '../../names/model-name.ts';
import type { ConfiguredModel } from './configured-models.ts';
import { ModelAccess, type PreparedModel } from './model-access.ts';

type Parts = ConstructorParameters<typeof ModelAccess>[0];

function prepared(architecture: string): PreparedModel {
  const model = { name: ModelName.parse('some'), facts: { architecture } };
  return { keepAliveMs: undefined, model } as PreparedModel;
}

it('refuses an architecture that the libraries lack, before the scheduler hears of it', async () => {
  let acquired = 0;
  const acquire = () => {
    acquired++;
    return Promise.reject(new Error('acquired'));
  };
  const { signal } = new AbortController();
  const libraries = { name: '@node-llama-cpp/mac-x64', version: '3.21.1' };
  const parts = { scheduler: { acquire }, libraries } as unknown as Parts;
  await expect(new ModelAccess(parts).acquire(prepared('maple'), { signal })).rejects.toMatchObject({
    code: 'load-failed',
    message: expect.stringMatching(/some:latest.*"maple".*@node-llama-cpp\/mac-x64 3\.21\.1/),
  });
  expect(acquired).toBe(0);
  await expect(new ModelAccess(parts).acquire(prepared('llama'), { signal })).rejects.toThrow('acquired');
});

it('lets a client leave while the weights of its model are converted', async () => {
  let acquired = 0;
  const scheduler = {
    acquire: () => {
      acquired++;
      return Promise.reject(new Error('not expected'));
    },
    unload: () => undefined,
    hasRoomToGrow: () => false,
  };
  const repacking = {
    known: (model: ConfiguredModel) => model,
    ready: () => new Promise<ConfiguredModel>(() => undefined),
    foreseen: (model: ConfiguredModel) => Promise.resolve(model),
  };
  const parts = { scheduler, repacking } as unknown as Parts;
  const controller = new AbortController();
  const lease = new ModelAccess(parts).acquire(prepared('llama'), { signal: controller.signal });
  controller.abort();
  await expect(lease).rejects.toMatchObject({ code: 'canceled' });
  expect(acquired).toBe(0);
});
