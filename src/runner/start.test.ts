import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { childrenOf } from '../../test/fakes/processes.ts';
import { silentLogger } from '../base/logger.ts';
import type { CompletionEvent, CompletionRequest } from '../protocol/completion.ts';
import type { LoadOptions } from '../protocol/load.ts';
import type { Runner } from './runner.ts';
import { type StartOptions, startRunner } from './start.ts';

const program = fileURLToPath(new URL('../../test/fakes/runners/runner-program.mjs', import.meta.url));
const load: LoadOptions = {
  modelPath: 'model.gguf',
  contextLength: 64,
  slots: 1,
  batchSize: 32,
  threads: 1,
  gpuLayers: 0,
  useMmap: true,
  flashAttention: 'auto',
  kvCacheType: 'f16',
};
const request: CompletionRequest = {
  prompt: [1, 2, 3],
  sampling: {
    temperature: 0,
    topK: 0,
    topP: 1,
    minP: 0,
    typicalP: 1,
    repeatPenalty: 1,
    repeatLastN: 0,
    presencePenalty: 0,
    frequencyPenalty: 0,
    seed: 1,
  },
  stop: [],
  maxTokens: 3,
  keep: 0,
  shift: true,
};

const started: Runner[] = [];

async function start(mode: string, options: Partial<StartOptions> = {}): Promise<Runner> {
  process.env.FAKE_RUNNER = mode;
  try {
    const runner = await startRunner({
      load,
      program,
      loadTimeoutMs: 60_000,
      logger: silentLogger,
      ...options,
    });
    started.push(runner);
    return runner;
  } finally {
    delete process.env.FAKE_RUNNER;
  }
}

async function collect(events: AsyncIterable<CompletionEvent>): Promise<CompletionEvent[]> {
  const list: CompletionEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

const isGone = (pid: number) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

afterEach(async () => {
  await Promise.all(started.splice(0).map((runner) => runner.stop()));
});

const isWindows = process.platform === 'win32';

describe('startRunner', () => {
  it('waits for the log to be complete before it reports the memory', async () => {
    const fractions: number[] = [];
    const runner = await start('', { onProgress: (fraction) => fractions.push(fraction) });
    expect(runner.facts.memoryBytes).toBe(2 * 1024 * 1024);
    expect(fractions).toEqual([0.5]);
  });

  it('quotes the last lines of an engine that rejects the model', async () => {
    await expect(start('refuses')).rejects.toMatchObject({
      code: 'load-failed',
      message: 'unable to load the model: error loading model: unknown model architecture',
    });
  });

  it('reports a child that dies while loading, with its exit code and last line', async () => {
    await expect(start('dies-loading')).rejects.toThrow(
      /terminated: exit code 7: GGML_ASSERT\(false\) failed/,
    );
  });

  it('gives up on a load without progress and leaves no process', async () => {
    await expect(start('silent', { loadTimeoutMs: 300 })).rejects.toThrow(
      /timed out waiting for the model to load/,
    );
  });

  // On Windows, nothing lists the children of a process.
  it.skipIf(isWindows)('stops a load, and its process, when its client leaves', async () => {
    const controller = new AbortController();
    const loading = start('silent', { signal: controller.signal });
    const [child = 0] = await childrenOf(process.pid);
    expect(isGone(child)).toBe(false);
    setTimeout(() => controller.abort(), 100);
    await expect(loading).rejects.toMatchObject({ code: 'canceled' });
    expect(isGone(child)).toBe(true);
  });

  // Only Linux has huge pages that a child asks for, and shows its environment.
  it.runIf(process.platform === 'linux').each([
    [true, /(?:^|:)glibc\.malloc\.hugetlb=/],
    [undefined, /^$/],
  ])('starts the child with huge pages if asked for: %s', async (hugePages, expected) => {
    const runner = await start('', { load: { ...load, ...(hugePages && { hugePages }) } });
    const environment = await readFile(`/proc/${runner.pid}/environ`, 'utf8');
    const tunables = environment.split('\0').find((line) => line.startsWith('GLIBC_TUNABLES='));
    expect((tunables ?? '').replace('GLIBC_TUNABLES=', '')).toMatch(expected);
    expect(environment).toContain('FAKE_RUNNER=');
  });

  it('warns about weights that could not be locked in memory, and continues', async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
    const runner = await start('unlocked', { logger });
    expect(await collect(runner.complete(request))).toHaveLength(4);
    expect(warnings).toEqual([
      expect.stringMatching(isWindows ? /^use_mlock: .*working set/ : /^use_mlock: .*RLIMIT_MEMLOCK/),
    ]);
  });

  it('tells the child to end the thinking of a completion, also if that was asked before it began', async () => {
    const runner = await start('thinking');
    const ending = new AbortController();
    const events = collect(runner.complete({ ...request, endThinking: ending.signal }));
    ending.abort();
    expect(await events).toMatchObject([{ type: 'text' }, { type: 'done' }]);
    const early = AbortSignal.abort();
    expect(await collect(runner.complete({ ...request, endThinking: early }))).toHaveLength(2);
  });

  it('names what was needed and what is available when memory runs out', async () => {
    const loading = start('out-of-memory', { availableMemoryBytes: () => 3 * 2 ** 30 });
    await expect(loading).rejects.toMatchObject({
      code: 'load-failed',
      status: 500,
      message: expect.stringMatching(
        /^model requires more system memory \(1001\.0 GiB\) than is available \(3\.0 GiB\); .*num_ctx/,
      ),
    });
  });

  it('survives a child that sends malformed frames', async () => {
    await expect(start('garbage')).rejects.toMatchObject({
      code: 'load-failed',
      message: 'the model runner process sent malformed data and was killed',
    });
  });
});

describe('a running model', () => {
  it('streams the events of a completion, the last of which is "done"', async () => {
    const runner = await start('');
    const events = await collect(runner.complete(request));
    expect(events.map((event) => event.type)).toEqual(['text', 'text', 'text', 'done']);
  });

  it('fails every running request when it is killed, and every later one', async () => {
    const runner = await start('dies-running');
    const seen: CompletionEvent[] = [];
    const reading = (async () => {
      for await (const event of runner.complete({ ...request, maxTokens: 50 })) seen.push(event);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'runner-failed', status: 503 });
    expect(seen.length).toBeGreaterThan(0);
    // Windows has no signals.
    const end = isWindows ? { code: 1, signal: null } : { code: null, signal: 'SIGKILL' };
    expect(await runner.exited).toMatchObject({ ...end, expected: false });
    await expect(collect(runner.complete(request))).rejects.toThrow(/unexpectedly stopped/);
    await expect(runner.tokenize('x', { addSpecial: false, parseSpecial: false })).rejects.toThrow();
  });

  // Windows does not kill a process for its memory: see runner-failure.test.ts.
  it.skipIf(isWindows)('names the signal and the memory when something else kills it', async () => {
    const runner = await start('dies-running', { availableMemoryBytes: () => 5 * 2 ** 20 });
    await expect(collect(runner.complete({ ...request, maxTokens: 50 }))).rejects.toThrow(
      /unexpectedly stopped.*SIGKILL.*its buffers used 2\.0 MiB, 5\.0 MiB is available now.*num_ctx/,
    );
  });

  it('reports its exit before it fails requests, so that none is sent afterwards', async () => {
    const runner = await start('dies-running');
    const order: string[] = [];
    const reading = collect(runner.complete({ ...request, maxTokens: 50 })).catch(() =>
      order.push('request'),
    );
    const exited = runner.exited.then(() => order.push('exit'));
    await Promise.all([reading, exited]);
    expect(order).toEqual(['exit', 'request']);
  });

  it('tells the child to stop when the signal aborts', async () => {
    const runner = await start('');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    await expect(
      collect(runner.complete({ ...request, maxTokens: 9999 }, controller.signal)),
    ).rejects.toMatchObject({
      code: 'canceled',
    });
    expect(await runner.tokenize('running?', { addSpecial: false, parseSpecial: false })).toEqual([0]);
  });

  it('tells the child to stop when the reader leaves', async () => {
    const runner = await start('');
    for await (const _ of runner.complete({ ...request, maxTokens: 9999 })) break;
    expect(await runner.tokenize('running?', { addSpecial: false, parseSpecial: false })).toEqual([0]);
  });

  it('passes the reason on when the child rejects a request', async () => {
    const runner = await start('');
    await expect(runner.detokenize([9])).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it.each(isWindows ? ['stuck'] : ['SIGSTOP', 'stuck'])(
    'terminates one that makes no progress (%s), and logs it',
    async (how) => {
      const runner = await start(how === 'stuck' ? 'stuck' : '', { hangTimeoutMs: 400 });
      const reading = collect(runner.complete({ ...request, maxTokens: 9999 }));
      if (how === 'SIGSTOP') process.kill(runner.pid, how);
      await expect(reading).rejects.toMatchObject({
        code: 'runner-failed',
        status: 503,
        message: expect.stringMatching(/no progress for 0\.4 s.*try again/),
        // Who stops a process is not known, and a request cannot do it.
        ...(how === 'stuck' && { suspicion: 1 }),
      });
      if (how === 'SIGSTOP') await expect(reading).rejects.not.toHaveProperty('suspicion');
      expect(isGone(runner.pid)).toBe(true);
      await expect(collect(runner.complete(request))).rejects.toMatchObject({ status: 503 });
    },
  );

  it('blames one request for a grammar that does not return, and tells the others to try again', async () => {
    const runner = await start('overrun');
    const culprit = collect(runner.complete(request));
    const neighbor = collect(runner.complete(request));
    await Promise.all([
      expect(culprit).rejects.toMatchObject({
        code: 'overrun',
        status: 400,
        suspicion: 1,
        message: expect.stringContaining('the grammar of this request kept the model computing'),
      }),
      expect(neighbor).rejects.toMatchObject({
        code: 'runner-failed',
        status: 503,
        message: expect.stringContaining('the grammar of another request'),
      }),
      expect(neighbor).rejects.not.toHaveProperty('suspicion'),
    ]);
  });

  it('also watches a request whose client has left', async () => {
    const runner = await start('stuck', { hangTimeoutMs: 400 });
    const reading = collect(runner.complete(request, AbortSignal.timeout(50)));
    await expect(reading).rejects.toMatchObject({ code: 'canceled' });
    expect(await runner.exited).toMatchObject({ expected: false });
  });

  it('does not terminate a slow model, nor an idle one', async () => {
    // A busy machine may delay a sign of life by a second or two.
    const hangTimeoutMs = 3000;
    const idle = await start('', { hangTimeoutMs });
    const slow = await start('slow', { hangTimeoutMs });
    expect(await collect(slow.complete(request))).toHaveLength(4);
    expect([isGone(idle.pid), isGone(slow.pid)]).toEqual([false, false]);
  });

  it('kills a child that ignores every request to exit', async () => {
    const runner = await start('stubborn');
    await runner.stop();
    expect(await runner.exited).toMatchObject({ signal: 'SIGKILL', expected: true });
    expect(isGone(runner.pid)).toBe(true);
  });
});
