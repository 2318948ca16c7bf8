/** Reads the log of the systemd service with journalctl. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { OllamaError, systemCode } from '../../base/errors.ts';
import { JOURNAL_UNIT } from './log-source.ts';

/** Yields the messages without journalctl's prefix, because they contain the time. journalctl's hints go to standard error. */
export async function* journalLines(count: number, follow: AbortSignal | undefined): AsyncGenerator<string> {
  const parameters = ['--unit', JOURNAL_UNIT, '--lines', String(count), '--output=cat', '--no-pager'];
  const child = spawn('journalctl', follow ? [...parameters, '--follow'] : parameters, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | Error>((resolve) => {
    child.once('error', resolve);
    child.once('close', (code) => resolve(code ?? 0));
  });
  const stop = () => child.kill();
  follow?.addEventListener('abort', stop);
  try {
    yield* createInterface({ input: child.stdout });
    requireSuccess(await ended);
  } finally {
    follow?.removeEventListener('abort', stop);
    stop();
  }
}

function requireSuccess(end: number | Error): void {
  if (end === 0) return;
  if (typeof end === 'number') throw new OllamaError('upstream', `journalctl failed with exit code ${end}`);
  const missing = systemCode(end) === 'ENOENT' ? 'journalctl was not found' : end.message;
  throw new OllamaError('not-found', `the journal cannot be read: ${missing}`, { cause: end });
}
