import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ProgressView } from './progress.ts';

function capture(isTTY: boolean) {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream & PassThrough;
  stream.isTTY = isTTY;
  const written = () => String(stream.read() ?? '');
  return { stream, written };
}

/** Downloads a layer in a hundred steps. @param stepMs duration of each step in milliseconds */
function download(environment: Record<string, string>, stepMs: number, isTTY = false): string {
  let now = 0;
  const { stream, written } = capture(isTTY);
  const view = new ProgressView(stream, environment, () => now);
  view.update({ status: 'pulling manifest' });
  view.update({ status: 'pulling manifest' });
  const layer = { status: 'pulling abc', digest: 'sha256:abc', total: 1e9 };
  for (let percent = 0; percent <= 100; percent++) {
    view.update({ ...layer, completed: percent * 1e7 });
    now += stepMs;
  }
  view.update({ ...layer, completed: 1e9 });
  view.update({ status: 'success' });
  view.stop();
  return written();
}

describe('ProgressView without a terminal', () => {
  it('writes each status and each finished layer once, without control codes', () => {
    expect(download({}, 1)).toBe('pulling manifest\npulling abc: 100% 1 GB\nsuccess\n');
  });

  it('does the same on a terminal that cannot move its cursor', () => {
    expect(download({ TERM: 'dumb' }, 1, true)).toBe('pulling manifest\npulling abc: 100% 1 GB\nsuccess\n');
  });

  it('writes a line at each tenth of a long download', () => {
    const lines = download({}, 1000).split('\n');
    expect(lines).toHaveLength(13);
    expect(lines[1]).toBe('pulling abc: 10% 100 MB/1 GB  10 MB/s  1m30s');
    expect(lines[9]).toBe('pulling abc: 90% 900 MB/1 GB  10 MB/s  10s');
  });

  it('skips tenths that follow within five seconds', () => {
    const lines = download({}, 250).split('\n');
    expect(lines.map((line) => line.slice(0, 16))).toEqual([
      'pulling manifest',
      'pulling abc: 20%',
      'pulling abc: 40%',
      'pulling abc: 60%',
      'pulling abc: 80%',
      'pulling abc: 100',
      'success',
      '',
    ]);
  });
});

describe('ProgressView on a terminal', () => {
  it('leaves the last frame and a visible cursor', () => {
    const { stream, written } = capture(true);
    const view = new ProgressView(stream, { TERM: 'xterm' });
    view.update({ status: 'pulling abc', digest: 'sha256:abc', total: 10, completed: 5 });
    view.update({ status: 'pulling abc', digest: 'sha256:abc', total: 10, completed: 10 });
    view.stop();
    const text = written();
    expect(text).toContain('100%');
    expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'));
    expect(text.endsWith('\n\u001b[?25h\u001b[?2026l')).toBe(true);
  });

  it('writes nothing if there was nothing to show', () => {
    const { stream, written } = capture(true);
    new ProgressView(stream, {}).stop();
    expect(written()).toBe('');
  });
});
