import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ProgressView } from './progress.ts';

function capture(isTTY: boolean) {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream & PassThrough;
  stream.isTTY = isTTY;
  const written = () => String(stream.read() ?? '');
  return { stream, written };
}

describe('ProgressView', () => {
  it('writes plain lines to a pipe: each status once, no control codes', () => {
    const { stream, written } = capture(false);
    const view = new ProgressView(stream, {});
    view.update({ status: 'pulling manifest' });
    for (const completed of [1, 2, 3])
      view.update({ status: 'pulling abc', digest: 'sha256:abc', total: 3, completed });
    view.update({ status: 'success' });
    view.stop();
    expect(written()).toBe('pulling manifest\npulling abc 3 B\nsuccess\n');
  });

  it('leaves the last state and a visible cursor on a terminal', () => {
    const { stream, written } = capture(true);
    const view = new ProgressView(stream, { TERM: 'xterm' });
    view.update({ status: 'pulling abc', digest: 'sha256:abc', total: 10, completed: 5 });
    view.update({ status: 'pulling abc', digest: 'sha256:abc', total: 10, completed: 10 });
    view.stop();
    const text = written();
    expect(text).toContain('100%');
    expect(text.endsWith('\u001b[?25h')).toBe(true);
  });

  it('says nothing when there was nothing to show', () => {
    const { stream, written } = capture(true);
    new ProgressView(stream, {}).stop();
    expect(written()).toBe('');
  });
});
