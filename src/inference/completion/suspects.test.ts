import { describe, expect, it } from 'vitest';
import { OllamaError } from '../../base/errors.ts';
import { SuspectError } from '../../runner/suspicion.ts';
import { Suspects } from './suspects.ts';

const hang = new SuspectError(new OllamaError('runner-failed', 'no progress'), 1);
const crash = new SuspectError(new OllamaError('runner-failed', 'crashed'), 1 / 3);
const overrun = new SuspectError(new OllamaError('overrun', 'too slow'), 1);
const suspect = (request: object, grammar?: string) => ({ modelKey: 'model', request, grammar });
const isRefused = 'the same request made the model runner hang or crash before';

function suspectsAt() {
  const time = { now: 0 };
  return { time, suspects: new Suspects(() => time.now) };
}

describe('Suspects', () => {
  it('refuses a request that hung its runner, however its answer is delivered', () => {
    const { suspects } = suspectsAt();
    suspects.note(suspect({ prompt: 'a', stream: true }), hang);
    expect(() => suspects.require(suspect({ prompt: 'a', stream: false, keep_alive: 5 }))).toThrow(isRefused);
    expect(() => suspects.require(suspect({ prompt: 'b' }))).not.toThrow();
    expect(() => suspects.require({ ...suspect({ prompt: 'a' }), modelKey: 'other' })).not.toThrow();
  });

  it('needs three crashes to refuse a request', () => {
    const { suspects } = suspectsAt();
    for (let crashes = 0; crashes < 3; crashes++) {
      expect(() => suspects.require(suspect({ prompt: 'a' }))).not.toThrow();
      suspects.note(suspect({ prompt: 'a' }), crash);
    }
    expect(() => suspects.require(suspect({ prompt: 'a' }))).toThrow(isRefused);
  });

  it('refuses a slow grammar with any prompt, and a slow format only with its own', () => {
    const { suspects } = suspectsAt();
    suspects.note(suspect({ prompt: 'a' }, 'root ::= "x"'), overrun);
    expect(() => suspects.require(suspect({ prompt: 'b' }, 'root ::= "x"'))).toThrow(isRefused);
    expect(() => suspects.require(suspect({ prompt: 'a' }, 'root ::= "y"'))).not.toThrow();
    suspects.note(suspect({ prompt: 'c', format: {} }), overrun);
    expect(() => suspects.require(suspect({ prompt: 'c', format: {} }))).toThrow(isRefused);
    expect(() => suspects.require(suspect({ prompt: 'd', format: {} }))).not.toThrow();
  });

  it('forgets after ten minutes', () => {
    const { suspects, time } = suspectsAt();
    suspects.note(suspect({ prompt: 'a' }), hang);
    time.now = 10 * 60_000 - 1;
    expect(() => suspects.require(suspect({ prompt: 'a' }))).toThrow(isRefused);
    time.now = 10 * 60_000;
    expect(() => suspects.require(suspect({ prompt: 'a' }))).not.toThrow();
    suspects.note(suspect({ prompt: 'a' }), crash);
    expect(() => suspects.require(suspect({ prompt: 'a' }))).not.toThrow();
  });

  it('ignores all other failures', () => {
    const { suspects } = suspectsAt();
    suspects.note(suspect({ prompt: 'a' }), new OllamaError('runner-failed', 'the model was unloaded'));
    expect(() => suspects.require(suspect({ prompt: 'a' }))).not.toThrow();
  });
});
