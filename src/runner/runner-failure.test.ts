import { describe, expect, it } from 'vitest';
import { crashFailure, type FailureFacts, loadFailure } from './runner-failure.ts';

const GIB = 2 ** 30;
const facts: FailureFacts = {
  reason: 'the model runner process has terminated: signal SIGSEGV',
  exit: { code: null, signal: 'SIGSEGV' },
  lastLines: [],
  takenBytes: 2 * GIB,
  refusedBytes: undefined,
  availableBytes: GIB,
  platform: 'linux',
};

describe('a crash', () => {
  const ollamaText = 'model runner has unexpectedly stopped, this may be due to resource limitations';

  it("is retryable, in the API's words, with the signal", () => {
    const error = crashFailure(facts);
    expect([error.code, error.status]).toEqual(['runner-failed', 503]);
    expect(error.message).toMatch(ollamaText);
    expect(error.message).toMatch(/server logs for details: .*signal SIGSEGV$/);
  });

  it('quotes the last two lines, if any', () => {
    const { message } = crashFailure({ ...facts, lastLines: ['one', 'two', 'three'] });
    expect(message).toMatch(/server logs for details: two; three$/);
  });

  it('by SIGKILL names memory as the likely cause', () => {
    const { message } = crashFailure({ ...facts, exit: { code: null, signal: 'SIGKILL' } });
    expect(message).toMatch(/its buffers used 2\.0 GiB, 1\.0 GiB is available now/);
  });

  it('after an allocation that failed without a size quotes the line', () => {
    const lastLines = ["terminate called after throwing an instance of 'std::bad_alloc'"];
    const { message } = crashFailure({ ...facts, lastLines, availableBytes: undefined });
    expect(message).toMatch(
      /refused more memory: terminate.*bad_alloc' \(its buffers used 2\.0 GiB\); use a smaller/,
    );
  });
});

describe('a failed load', () => {
  it('is the reason with the last lines', () => {
    const error = loadFailure({ ...facts, reason: 'unable to load the model', lastLines: ['bad magic'] });
    expect([error.code, error.status, error.message]).toEqual([
      'load-failed',
      500,
      'unable to load the model: bad magic',
    ]);
  });

  it('for lack of memory adds what was used to what was refused', () => {
    const { message } = loadFailure({ ...facts, refusedBytes: 3 * GIB });
    expect(message).toMatch(
      /^model requires more system memory \(5\.0 GiB\) than is available \(1\.0 GiB\); /,
    );
  });

  it('does not report a lack of memory that is available: a limit on the process is the cause', () => {
    const { message } = loadFailure({ ...facts, refusedBytes: GIB / 2, availableBytes: 8 * GIB });
    expect(message).toMatch(
      /a buffer of 512\.0 MiB was refused although 8\.0 GiB is available \(possibly because of a limit such as/,
    );
  });
});

describe('on Windows', () => {
  const ended = (code: number) => ({
    ...facts,
    platform: 'win32',
    exit: { code, signal: null },
    reason: 'the model runner process has terminated: ...',
  });

  it('a refusal of memory is told from other faults by the code', () => {
    const { message } = crashFailure(ended(0xc0000017));
    expect(message).toMatch(/ended with exit code 0xC0000017 \(Windows refused more memory\) \(its buffers/);
    expect(message).toMatch(/use a smaller num_ctx/);
    expect(crashFailure(ended(0xc0000005)).message).not.toMatch(/num_ctx/);
  });

  it('an end from outside while loading is retryable, and a fault is not', () => {
    expect([1, 0x40010004, 0xc0000005].map((code) => loadFailure(ended(code)).status)).toEqual([
      503, 503, 500,
    ]);
  });

  it('neither signals nor commands of a shell are named', () => {
    const killed = { ...ended(1), exit: { code: null, signal: 'SIGKILL' } };
    const refused = loadFailure({ ...ended(3), refusedBytes: GIB / 2, availableBytes: 8 * GIB });
    for (const { message } of [crashFailure(killed), loadFailure(killed), refused]) {
      expect(message).not.toMatch(/SIGKILL|ulimit|killed/);
    }
    expect(refused.message).toMatch(/page file is too small/);
  });
});
