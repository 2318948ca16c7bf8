import { expect, it } from 'vitest';
import type { ConfiguredModel } from './configured-models.ts';
import { ModelAccess, type PreparedModel } from './model-access.ts';

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
  const parts = { scheduler, repacking } as unknown as ConstructorParameters<typeof ModelAccess>[0];
  const controller = new AbortController();
  const prepared = { keepAliveMs: undefined } as PreparedModel;
  const lease = new ModelAccess(parts).acquire(prepared, { signal: controller.signal });
  controller.abort();
  await expect(lease).rejects.toMatchObject({ code: 'canceled' });
  expect(acquired).toBe(0);
});
