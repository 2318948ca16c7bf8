import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RegistryServer, sha256 } from '../../fakes/servers/registry-server.ts';
import { bytesIn, missingRanges } from '../support/download-state.ts';
import { startTestServer } from '../support/server-process.ts';
import { patience, send } from '../support/server-requests.ts';

const MIB = 1024 * 1024;
const KILLS = 10;
/** Each kill starts a server; other tests use the processor at the same time. */
const TIMEOUT_MS = 30_000 * KILLS;

describe('a pull whose server is killed', () => {
  it('ten times at random moments downloads the right bytes, and requests only missing ones', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const weights = randomBytes(96 * MIB);
    const digest = sha256(weights);
    await using registry = await RegistryServer.start();
    registry.publish('x', [{ mediaType: 'application/vnd.ollama.image.model', content: weights }]);
    const modelsFolder = await mkdtemp(join(tmpdir(), 'pull-killed-'));
    const blob = join(modelsFolder, 'blobs', digest.replace(':', '-'));
    const asked = () =>
      registry.requests.filter(({ url }) => url.includes(digest)).map(({ headers }) => headers.range ?? '');
    const body = { model: registry.name('x'), insecure: true };
    let missing = weights.length;
    try {
      for (let kill = 0; kill < KILLS; kill += 1) {
        registry.requests.length = 0;
        const expected = kill === 0 ? undefined : await missingRanges(`${blob}-partial`, weights.length);
        await using server = await startTestServer({ modelsFolder, env: { OLLAMA_PULL_RATE: '16MiB' } });
        const reply = send(server, 'POST', '/api/pull', body).then((response) => response.text());
        reply.catch(() => undefined);
        await expect.poll(asked, patience).not.toEqual([]);
        await sleep(50 + Math.random() * 350);
        process.kill(server.pid, 'SIGKILL');
        await reply.catch(() => undefined);
        if (!expected) continue;
        expect(asked().every((range) => expected.includes(range))).toBe(true);
        const left = expected.reduce((sum, range) => sum + bytesIn(range), 0);
        expect(left).toBeLessThanOrEqual(missing);
        missing = left;
      }
      registry.requests.length = 0;
      const expected = await missingRanges(`${blob}-partial`, weights.length);
      await using server = await startTestServer({ modelsFolder });
      const response = await send(server, 'POST', '/api/pull', { ...body, stream: false });
      expect(await response.json()).toEqual({ status: 'success' });
      expect(asked().sort()).toEqual(expected.sort());
      expect(expected.reduce((sum, range) => sum + bytesIn(range), 0)).toBeLessThan(weights.length);
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(blob)) hash.update(chunk);
      expect(`sha256:${hash.digest('hex')}`).toBe(digest);
    } finally {
      await rm(modelsFolder, { recursive: true, force: true });
    }
  });
});
