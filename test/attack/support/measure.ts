import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { usageOf } from '../../e2e/support/process-usage.ts';

/** What another process saw of a server. */
interface ProbeReport {
  /** Milliseconds of the longest answer to GET /api/version, asked every 20 ms. */
  readonly longestMs: number;
  readonly answers: number;
  /** Questions that got no answer, or one with another status than 200. */
  readonly failures: number;
}

export interface AttackReport<Result> extends ProbeReport {
  /** What the attack returned. */
  readonly result: Result;
  /** Highest resident memory of the server while the attack ran, and of what it started from: in MiB. */
  readonly peakMebibytes: number;
  readonly startMebibytes: number;
}

const probeProgram = fileURLToPath(new URL('./probe.mjs', import.meta.url));

/**
 * Runs an attack on a server while another process asks the server for its version. `npm run bench:attack` prints the
 * figures of every call.
 * @param name how the table names the attack
 */
export async function underAttack<Result>(
  server: { readonly url: string; readonly pid: number },
  name: string,
  attack: () => Promise<Result>,
): Promise<AttackReport<Result>> {
  const probe = await startProbe(server.url);
  try {
    await forgetPeak(server.pid);
    const { residentMebibytes: startMebibytes } = await usageOf(server.pid);
    const result = await attack();
    const seen = await probe.report();
    const { peakMebibytes } = await usageOf(server.pid);
    const report = { ...seen, result, peakMebibytes, startMebibytes };
    await note(name, report);
    return report;
  } finally {
    probe.stop();
  }
}

async function startProbe(url: string) {
  const child = spawn(process.execPath, [probeProgram, url], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.on('error', () => undefined);
  await Promise.race([lines.next(), once(child, 'error').then(([error]) => Promise.reject(error))]);
  return {
    async report(): Promise<ProbeReport> {
      child.stdin.end();
      return JSON.parse((await lines.next()).value ?? '{}');
    },
    stop: () => void child.kill(),
  };
}

/** Makes the peak that the system remembers of a process its present memory (Linux: "5" in clear_refs). */
async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** Adds a line to the file that scripts/attack-cost.mjs reads. */
async function note(name: string, report: AttackReport<unknown>): Promise<void> {
  const path = process.env.ATTACK_REPORT;
  if (path === undefined) return;
  const { longestMs, peakMebibytes, startMebibytes } = report;
  await appendFile(path, `${JSON.stringify({ name, longestMs, peakMebibytes, startMebibytes })}\n`);
}
