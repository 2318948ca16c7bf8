import { describe, expect, it } from 'vitest';
import { crashFailure, type FailureFacts, loadFailure } from './runner-failure.ts';

const GIB = 2 ** 30;
const facts: FailureFacts = {
  reason: 'the model runner process has terminated: signal SIGSEGV',
  signal: 'SIGSEGV',
  lastLines: [],
  takenBytes: 2 * GIB,
  refusedBytes: undefined,
  availableBytes: GIB,
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
    const { message } = crashFailure({ ...facts, signal: 'SIGKILL' });
    expect(message).toMatch(/its buffers used 2\.0 GiB, 1\.0 GiB is available now/);
  });

  it('after an allocation that failed without a size quotes the line', () => {
    const lastLines = ["terminate called after throwing an instance of 'std::bad_alloc'"];
    const { message } = crashFailure({ ...facts, signal: 'SIGABRT', lastLines, availableBytes: undefined });
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
