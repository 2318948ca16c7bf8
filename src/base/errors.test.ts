import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { isCancellation, messageOf, OllamaError, systemCode, throwIfCanceled } from './errors.ts';

describe('OllamaError', () => {
  it('uses the status of its code unless another is given', () => {
    expect(new OllamaError('not-found', 'gone').status).toBe(404);
    expect(new OllamaError('upstream', 'gone', { status: 404 }).status).toBe(404);
  });

  it('has a cause only when there is one', () => {
    expect('cause' in new OllamaError('internal', 'x')).toBe(false);
    expect(new OllamaError('internal', 'x', { cause: 'why' }).cause).toBe('why');
  });
});

describe('messageOf', () => {
  it('handles errors and any other thrown value', () => {
    expect(messageOf(new Error('text'))).toBe('text');
    expect(messageOf('text')).toBe('text');
  });
});

describe('isCancellation', () => {
  it('accepts only aborted signals and our own code', () => {
    expect(isCancellation(AbortSignal.abort().reason)).toBe(true);
    expect(isCancellation(new OllamaError('canceled', 'x'))).toBe(true);
    expect(isCancellation(new OllamaError('internal', 'x'))).toBe(false);
    expect(isCancellation(new Error('aborted'))).toBe(false);
    expect(isCancellation('AbortError')).toBe(false);
  });
});

describe('systemCode', () => {
  it('returns the code of a real system error', async () => {
    expect(systemCode(await readFile('/nonexistent/file').catch((error: unknown) => error))).toBe('ENOENT');
  });

  it('returns undefined for errors without a string code', () => {
    expect(systemCode(new Error('x'))).toBeUndefined();
    expect(systemCode(Object.assign(new Error('x'), { code: 7 }))).toBeUndefined();
    expect(systemCode({ code: 'ENOENT' })).toBeUndefined();
  });
});

describe('throwIfCanceled', () => {
  it('throws only for an aborted signal', () => {
    expect(() => throwIfCanceled(AbortSignal.abort())).toThrow(OllamaError);
    expect(() => throwIfCanceled(new AbortController().signal)).not.toThrow();
    expect(() => throwIfCanceled(undefined)).not.toThrow();
  });
});
