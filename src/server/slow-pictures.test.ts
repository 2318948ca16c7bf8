/** A picture that takes long to prepare keeps nobody from the model. */
import { afterEach, expect, it } from 'vitest';
import { broken, FakeMedia } from '../../test/fakes/chats/fake-media.ts';
import { picture, startVisionServer, type VisionServer } from '../../test/fakes/servers/vision-server.ts';
import { createDeferred } from '../base/deferred.ts';

/** Prepares nothing before the test says so. */
class HeldMedia extends FakeMedia {
  readonly begun = createDeferred<void>();
  readonly released = createDeferred<void>();

  override async prepare(...order: Parameters<FakeMedia['prepare']>) {
    this.begun.resolve();
    await this.released.promise;
    return super.prepare(...order);
  }
}

let server: VisionServer;
let media: HeldMedia;

async function start(): Promise<void> {
  media = new HeldMedia();
  server = await startVisionServer({ media });
}
afterEach(() => server.close());

const ask = (images: readonly string[]) =>
  server.post('/api/generate', { model: 'v', prompt: 'What is this?', images, stream: false });

it('leaves the only slot to others while it is prepared', async () => {
  await start();
  expect(server.scheduler.running()).toEqual([]);
  const seeing = ask([picture()]);
  await media.begun.promise;
  const reply = await ask([]);
  expect(await reply.json()).toMatchObject({ response: 'A cat', done: true });
  expect(server.runner.requests).toHaveLength(1);
  media.released.resolve();
  expect(await (await seeing).json()).toMatchObject({ response: 'A cat', done: true });
  expect(server.runner.requests[1]?.media).toHaveLength(1);
});

it('is refused without a lease if it cannot be read', async () => {
  await start();
  media.released.resolve();
  const reply = await ask([broken]);
  expect([reply.status, await reply.json()]).toEqual([400, { error: '"images[0]": it is not a picture' }]);
  expect(server.loads).toEqual([]);
});

it('is prepared once for a request, and none behind those that fill any context', async () => {
  await start();
  media.released.resolve();
  const few = await ask([picture('1'), picture('2'), picture('1')]);
  expect(few.status).toBe(200);
  const sources = () => media.inputs.map(({ source }) => source);
  expect(new Set(sources())).toEqual(new Set([picture('1'), picture('2')]));
  media.inputs.length = 0;
  // Each has four tokens, and the context has 2048.
  const many = Array.from({ length: 900 }, (_, index) => picture(`${index}`));
  expect((await ask(many)).status).toBe(400);
  expect(new Set(sources()).size).toBe(513);
});
