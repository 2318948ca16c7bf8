import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { journalLines } from './journal.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ollama-journal-'));
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

/** Creates a fake journalctl, because the machine may have no journal. */
function journalctl(body: string): void {
  const path = join(folder, 'journalctl');
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

async function read(count: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of journalLines(count, undefined)) lines.push(line);
  return lines;
}

it('requests the messages of the service, without a pager', async () => {
  journalctl('printf "%s\\n" "$@"');
  expect(await read(7)).toEqual(['--unit', 'ollama', '--lines', '7', '--output=cat', '--no-pager']);
});

it('fails if journalctl fails or is missing', async () => {
  journalctl('echo a line; exit 3');
  await expect(read(1)).rejects.toMatchObject({ message: 'journalctl failed with exit code 3' });
  rmSync(join(folder, 'journalctl'));
  vi.stubEnv('PATH', folder);
  await expect(read(1)).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('journalctl was not found'),
  });
});

it('follows until it is aborted, and leaves no process behind', async () => {
  journalctl('echo $$; echo "$@"; exec sleep 600');
  const end = new AbortController();
  const lines = journalLines(1, end.signal);
  const pid = Number((await lines.next()).value);
  expect((await lines.next()).value).toContain('--follow');
  const done = lines.next();
  end.abort();
  expect(await done).toMatchObject({ done: true });
  await expect.poll(() => isGone(pid)).toBe(true);
});
