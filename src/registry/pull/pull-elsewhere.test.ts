/** Two programs that pull the same blob into one models folder. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { onBlobs, RegistryServer, sha256 } from '../../../test/fakes/servers/registry-server.ts';
import { createDeferred } from '../../base/deferred.ts';
import { silentLogger } from '../../base/logger.ts';
import { ModelName } from '../../names/model-name.ts';
import { Store } from '../../store/store.ts';
import { DownloadLocks } from './download-locks.ts';
import { pullModel } from './pull.ts';
import type { PullProgress } from './pull-layers.ts';

it('shows what another program is pulling, and downloads nothing twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pull-elsewhere-'));
  await using registry = await RegistryServer.start();
  const pull = async (events: PullProgress[]) => {
    // The two programs share only the folder.
    const store = new Store(folder);
    const locks = new DownloadLocks((...turn) => store.locks.exclusive(...turn));
    const options = { store, locks, fetch, logger: silentLogger, version: '0', insecure: true };
    for await (const event of pullModel(ModelName.parse(registry.name('x')), options)) events.push(event);
  };
  try {
    const weights = Buffer.alloc(1_000_000, 'weights');
    const digest = sha256(weights);
    registry.publish('x', [{ mediaType: 'application/vnd.ollama.image.model', content: weights }]);
    const answer = createDeferred<ServerResponse>();
    registry.behave(
      onBlobs(registry, (_, response, blob) => {
        if (blob.length !== weights.length) return false;
        response.writeHead(200, { 'Content-Length': weights.length }).write(weights.subarray(0, 400_000));
        answer.resolve(response);
        return true;
      }),
    );
    const first: PullProgress[] = [];
    const second: PullProgress[] = [];
    const pullingFirst = pull(first);
    const response = await answer.promise;
    const partial = `${new Store(folder).blobs.path(digest)}-partial`;
    await expect.poll(async () => (await stat(partial)).size).toBe(400_000);
    const pullingSecond = pull(second);
    const waiting = { status: `waiting for another program that is pulling ${digest.slice(7, 19)}` };
    await expect.poll(() => second).toContainEqual(waiting);
    const told = () =>
      second.filter((event) => event.digest === digest).map(({ completed = 0 }) => completed);
    // Disk usage is counted in whole blocks.
    await expect.poll(() => told().at(-1)).toBeGreaterThanOrEqual(400_000);
    expect(told().at(-1)).toBeLessThan(weights.length);
    response.end(weights.subarray(400_000));
    await Promise.all([pullingFirst, pullingSecond]);
    expect([first.at(-1), second.at(-1)]).toEqual([{ status: 'success' }, { status: 'success' }]);
    expect(told().at(-1)).toBe(weights.length);
    expect(told()).toEqual([...told()].sort((left, right) => left - right));
    expect(second.filter(({ status }) => status === waiting.status)).toHaveLength(1);
    expect(first).not.toContainEqual(waiting);
    expect(registry.requestsFor(digest)).toHaveLength(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
