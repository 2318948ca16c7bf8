import { mkdtemp, rm, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import { onBlobs, RegistryServer, sha256 } from '../../../test/fakes/servers/registry-server.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import { createDeferred } from '../../base/deferred.ts';
import { silentLogger } from '../../base/logger.ts';
import { ModelName } from '../../names/model-name.ts';
import { Store } from '../../store/store.ts';
import { DownloadLocks } from './download-locks.ts';
import { layerProgress, outlasts } from './layer-progress.ts';
import { pullModel } from './pull.ts';
import type { PullProgress } from './pull-layers.ts';

const INTERVAL_MS = 60;
describe('outlasts', () => {
  it('is true after 60 ms, not before', async () => {
    const clock = new FakeClock();
    let answer: boolean | undefined;
    const asked = outlasts(new Promise(() => undefined), { clock }).then((isRunning) => {
      answer = isRunning;
    });
    clock.advance(INTERVAL_MS - 1);
    await sleep(5);
    expect(answer).toBeUndefined();
    clock.advance(1);
    await asked;
    expect(answer).toBe(true);
  });

  it('is false as soon as the work ends, and leaves no timer', async () => {
    const clock = new FakeClock();
    const { promise, resolve } = createDeferred<void>();
    const asked = outlasts(promise, { clock });
    resolve();
    expect(await asked).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('layerProgress', () => {
  it('names the blob, and omits zero progress', () => {
    const layer = { digest: sha256('x'), size: 7 } as const;
    const start = { status: `pushing ${sha256('x').slice(7, 19)}`, digest: sha256('x'), total: 7 };
    expect(layerProgress('pushing', layer, 0)).toEqual(start);
    expect(layerProgress('pushing', layer, 3)).toEqual({ ...start, completed: 3 });
  });
});

describe('a pull', () => {
  it('reports a blob once per 60 ms, however many chunks arrive', async () => {
    const ticks: (() => void)[] = [];
    const clock: Clock = {
      ...systemClock,
      after: (milliseconds, callback) => {
        if (milliseconds !== INTERVAL_MS) return systemClock.after(milliseconds, callback);
        ticks.push(callback);
        return () => undefined;
      },
    };
    const folder = await mkdtemp(join(tmpdir(), 'layer-progress-'));
    await using registry = await RegistryServer.start();
    try {
      const weights = Buffer.alloc(100_000, 'weights');
      registry.publish('x', [{ mediaType: 'application/vnd.ollama.image.model', content: weights }]);
      const answer = createDeferred<ServerResponse>();
      registry.behave(
        onBlobs(registry, (_, response, blob) => {
          if (blob.length !== weights.length) return false;
          response.writeHead(200, { 'Content-Length': weights.length }).flushHeaders();
          answer.resolve(response);
          return true;
        }),
      );
      const events: PullProgress[] = [];
      const store = new Store(folder);
      const options = { store, locks: new DownloadLocks(), fetch, logger: silentLogger, version: '0', clock };
      const pulling = (async () => {
        const name = ModelName.parse(registry.name('x'));
        for await (const event of pullModel(name, { ...options, insecure: true })) events.push(event);
      })();
      const response = await answer.promise;
      const partial = `${store.blobs.path(sha256(weights))}-partial`;
      const sizeOf = async () => (await stat(partial)).size;
      for (let sent = 0; sent < 50_000; sent += 1000) {
        response.write(weights.subarray(sent, sent + 1000));
        if (sent % 10_000 === 0) await expect.poll(sizeOf).toBe(sent + 1000);
      }
      await expect.poll(sizeOf).toBe(50_000);
      const told = () => events.filter(({ digest }) => digest === sha256(weights));
      expect(told()).toEqual([]);
      for (let tick = 1; tick <= 3; tick += 1) {
        await expect.poll(() => ticks.length).toBe(tick);
        ticks.at(-1)?.();
        await expect.poll(told).toHaveLength(tick);
      }
      expect(told().at(-1)).toMatchObject({ total: weights.length, completed: 50_000 });
      response.end(weights.subarray(50_000));
      await pulling;
      expect(told()).toHaveLength(4);
      expect(told().at(-1)).toMatchObject({ completed: weights.length });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
