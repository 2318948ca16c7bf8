/** Batches through kills, beside other servers on the same folder, and with damaged files. */
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import type { BatchObject } from '../api/batches.ts';
import type { Logger } from '../base/logger.ts';
import { isHeld, tryLockFile } from '../store/lock-file.ts';
import { saveBatch } from './batch-files.ts';
import type { BatchRecord } from './batch-record.ts';
import { Batches } from './batches.ts';
import { type BatchLimits, batchLimits } from './limits.ts';
import type { SendLine } from './send-line.ts';
import { sweepFolder } from './sweep-folder.ts';
import { checkInput } from './work/check-input.ts';

const CHAT = '/v1/chat/completions';
const OWNER = 'key_1';
const ended = ['completed', 'failed', 'expired', 'cancelled'];
let folder: string;
let clock: FakeClock;
const open: Batches[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'batches-'));
  clock = new FakeClock();
});
afterEach(async () => {
  for (const batches of open.splice(0)) await batches.close();
  await rm(folder, { recursive: true, force: true });
});

const answer: SendLine = async () => ({ status: 200, requestId: 'r', body: '{}' });
const never: SendLine = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
const silent: Logger = {
  ...{ debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  child: () => silent,
};

async function server(send: SendLine, limits: Partial<BatchLimits> = {}): Promise<Batches> {
  const batches = new Batches({
    ...{ folder, clock, send, check: checkInput, lock: tryLockFile, isLocked: isHeld },
    logger: silent,
    linesAtOnce: () => 4,
    waiting: () => [],
    waitingForKey: () => [],
    crowded: () => [],
    isSame: (one, other) => one === other,
    limits: { ...batchLimits, ...limits },
  });
  open.push(batches);
  await batches.start();
  return batches;
}

async function* bytes(text: string) {
  yield Buffer.from(text);
}
const lines = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({ custom_id: `c${index}`, method: 'POST', url: CHAT, body: { model: 'm' } }),
  ).join('\n');
const upload = (batches: Batches, text = lines(3)) =>
  batches.files.add(OWNER, { filename: 'in.jsonl' }, bytes(text));
const begin = async (batches: Batches, text?: string) =>
  batches.create(OWNER, {
    input_file_id: (await upload(batches, text)).id,
    endpoint: CHAT,
    completion_window: '24h',
  });
async function end(batches: Batches, id: string): Promise<BatchObject> {
  await expect.poll(async () => ended.includes((await batches.get(OWNER, id)).status)).toBe(true);
  return batches.get(OWNER, id);
}
const status = async (batches: Batches, id: string) => (await batches.get(OWNER, id)).status;
const pathOf = (name: string) => join(folder, OWNER, name);
/** A batch that a server was killed in the middle of. */
async function interrupted(changes: Partial<BatchRecord>): Promise<string> {
  const first = await server(never);
  const { id } = await begin(first);
  await expect.poll(() => status(first, id)).toBe('in_progress');
  await first.close();
  const record = JSON.parse(await readFile(pathOf(`${id}.json`), 'utf8')) as BatchRecord;
  await saveBatch(join(folder, OWNER), { ...record, ...changes });
  return id;
}

describe('a second server on the same folder', () => {
  it('goes on with a batch that was made after its own start, once the first server has ended', async () => {
    const second = await server(answer);
    const first = await server(never);
    const { id } = await begin(first);
    await first.close();
    await expect
      .poll(async () => {
        clock.advance(60_000);
        return status(second, id);
      })
      .toBe('completed');
  });

  it('shows what the first one does, cannot cancel it, and does not repeat it', async () => {
    let finish: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const first = await server(async (request) => held.then(() => answer(request)));
    const { id } = await begin(first);
    await expect.poll(() => status(first, id)).toBe('in_progress');
    let repeated = 0;
    const second = await server(async (request) => {
      repeated += 1;
      return answer(request);
    });
    await expect.poll(() => status(second, id)).toBe('in_progress');
    await expect(second.cancel(OWNER, id)).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('another server'),
    });
    finish?.();
    const done = await end(first, id);
    // The record is shown before it is saved.
    await expect.poll(() => second.get(OWNER, id)).toEqual(done);
    clock.advance(60_000);
    const next = await begin(second);
    await end(second, next.id);
    expect(repeated).toBe(3);
    expect(await second.get(OWNER, id)).toEqual(done);
    expect((await second.list(OWNER)).find((batch) => batch.id === id)).toEqual(done);
    expect((await first.files.get(OWNER, done.output_file_id ?? '')).object.bytes).toBeGreaterThan(0);
  });

  it('goes on with what the first one has left', async () => {
    const first = await server(never);
    const { id } = await begin(first);
    await expect.poll(() => status(first, id)).toBe('in_progress');
    const second = await server(answer);
    await first.close();
    await expect
      .poll(async () => {
        clock.advance(60_000);
        return status(second, id);
      })
      .toBe('completed');
  });
});

describe('after a kill', () => {
  it('a batch whose time was over is still an expired one', async () => {
    const id = await interrupted({ status: 'finalizing', end: 'expired' });
    expect(await end(await server(answer), id)).toMatchObject({ status: 'expired' });
  });

  it('the output of a canceled batch has whole lines only', async () => {
    const id = await interrupted({ status: 'cancelling' });
    const whole = `{"id":"batch_req_${id.slice(6)}_0","custom_id":"c0","response":null,"error":null}\n`;
    await writeFile(pathOf(`${id}.replies`), `${whole}{"id":"batch_req_${id.slice(6)}_1","cus`);
    const batches = await server(answer);
    const { output_file_id: output } = await end(batches, id);
    expect(await readFile((await batches.files.get(OWNER, output ?? '')).path, 'utf8')).toBe(whole);
  });

  it('an output that was deleted before the end was saved is not missed', async () => {
    const id = await interrupted({ status: 'finalizing', output_file_id: `file-${'0a'.repeat(12)}` });
    expect(await end(await server(answer), id)).toMatchObject({ status: 'completed' });
  });

  it('a batch without its prepared input fails, and does not say where files are', async () => {
    for (const replace of [rm, async (path: string) => rm(path).then(() => mkdir(path))]) {
      const id = await interrupted({});
      await replace(pathOf(`${id}.lines`));
      const batch = await end(await server(answer), id);
      expect(batch).toMatchObject({ status: 'failed', errors: { data: [{ code: 'internal_error' }] } });
      expect(JSON.stringify(batch)).not.toContain(folder);
    }
  });

  it('named pipes in place of files end a batch, and nobody waits for them', async () => {
    for (const kind of ['lines', 'replies', 'errors']) {
      const id = await interrupted(kind === 'lines' ? { status: 'validating' } : {});
      await rm(pathOf(`${id}.${kind}`), { force: true });
      execFileSync('sh', ['-c', 'mkfifo "$0"', pathOf(`${id}.${kind}`)]);
      expect(await end(await server(answer), id)).toMatchObject({ status: 'failed' });
    }
  });

  it('records that are damaged are passed over', async () => {
    const id = await interrupted({});
    await appendFile(pathOf(`${id}.json`), 'x');
    const batches = await server(answer);
    expect(await batches.list(OWNER)).toEqual([]);
    await end(batches, (await begin(batches)).id);
  });
});

it('a batch that waits behind another one expires in time', async () => {
  const batches = await server(never);
  await begin(batches);
  const { id } = await batches.create(OWNER, {
    input_file_id: (await upload(batches)).id,
    endpoint: CHAT,
    completion_window: '1h',
  });
  clock.advance(3_700_000);
  expect(await end(batches, id)).toMatchObject({
    status: 'expired',
    request_counts: { total: 3, failed: 3 },
  });
});

describe('limits of an owner', () => {
  it('hold for batches that are made at the same time', async () => {
    const batches = await server(never, { unfinished: 3 });
    const { id } = await upload(batches);
    const create = () =>
      batches.create(OWNER, { input_file_id: id, endpoint: CHAT, completion_window: '24h' }).then(
        () => 'made',
        (error: { code: string }) => error.code,
      );
    const made = await Promise.all(Array.from({ length: 8 }, create));
    expect(made.filter((result) => result === 'made')).toHaveLength(3);
    expect(new Set(made)).toEqual(new Set(['made', 'rate-limited']));
  });

  it('hold for uploads at the same time, which leave nothing behind when they are refused', async () => {
    const batches = await server(never, { uploads: 2 });
    const results = await Promise.allSettled([upload(batches), upload(batches), upload(batches)]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(await readdir(join(folder, OWNER))).toHaveLength(4);
    expect(await upload(batches)).toMatchObject({ object: 'file' });
  });
});

it('a file that is uploaded while the folder is swept stays', async () => {
  const batches = await server(answer);
  for (let round = 0; round < 30; round++) {
    const sweeping = sweepFolder(join(folder, OWNER), batches.files.now);
    const { id } = await upload(batches);
    await sweeping;
    expect((await batches.files.get(OWNER, id)).object.id).toBe(id);
  }
});
