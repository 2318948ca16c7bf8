/** What the server writes down about its use, or tells others: usage, limits, the audit log and traces. */
import { join } from 'node:path';
import { openLimits } from '../access/limits/open-limits.ts';
import type { RunLimits } from '../access/limits/run-limits.ts';
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { LiveSettings } from '../config/live-settings.ts';
import { Conversations } from '../conversations/conversations.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { RunObserver } from '../runs/run-record.ts';
import { tryLockFile } from '../store/lock-file.ts';
import { startTraces, type Traces } from '../traces/traces.ts';
import { Usage } from '../usage/usage.ts';
import { AuditLog, type AuditSink } from './audit/audit-log.ts';
import { BoundedRefusals } from './audit/bounded-refusals.ts';

export interface Records {
  readonly usage: Usage;
  readonly conversations: Conversations;
  readonly audit: AuditSink | undefined;
  readonly limits: RunLimits;
  readonly traces: Traces;
  /** Absent = nothing is counted. */
  readonly metrics: Metrics | undefined;
  /** Are told of each run. */
  readonly observers: readonly RunObserver[];
  /** Why something cannot be written down at the moment; undefined = all of it can. */
  problem(): string | undefined;
  close(): Promise<void>;
}

export interface RecordsParts {
  /** Such as "~/.ollama". */
  readonly userFolder: string;
  readonly settings: LiveSettings;
  readonly version: string;
  readonly logger: Logger;
  /** Absent = nothing is counted. */
  readonly metrics: Metrics | undefined;
}

/** Never rejects. */
export async function openRecords(parts: RecordsParts): Promise<Records> {
  const { userFolder, settings, version, metrics, logger } = parts;
  const folder = settings.current.usage ? join(userFolder, 'usage') : undefined;
  const usage = new Usage({ folder, clock: systemClock, lock: tryLockFile, logger });
  usage.start();
  const conversations = new Conversations({
    folder: join(userFolder, 'chats'),
    clock: systemClock,
    lock: tryLockFile,
  });
  const traces = await startTraces({ environment: process.env, clock: systemClock, logger, version });
  const kept = await openLimits(join(userFolder, 'limits.json'), { clock: systemClock, logger });
  const { audit, problem: auditProblem, stop } = startAudit(parts);
  return {
    usage,
    conversations,
    audit,
    limits: kept.limits,
    traces,
    metrics,
    observers: [usage, traces.observer, metrics].filter((observer) => observer !== undefined),
    problem: () => problemOf(usage, auditProblem()),
    close: async () => {
      await Promise.all([usage.close(), traces.close(), kept.close()]);
      stop();
    },
  };
}

/** The audit log names the start of the server, its end, and each change of its settings. */
function startAudit({ settings, version, logger }: RecordsParts): {
  readonly audit: AuditSink | undefined;
  /** Why lines are being lost; undefined = they are not. */
  problem(): string | undefined;
  stop(): void;
} {
  const { auditLog } = settings.current;
  if (auditLog === '') return { audit: undefined, problem: () => undefined, stop: () => undefined };
  const log = new AuditLog(auditLog, logger);
  const audit = new BoundedRefusals(log, systemClock);
  const { pid } = process;
  audit.write({ action: 'start', result: 'ok', version, pid });
  const stopListening = settings.onChange(() => audit.write({ action: 'reload', result: 'ok', pid }));
  let isStopped = false;
  const stop = () => {
    stopListening();
    audit.endMinute();
    if (!isStopped) audit.write({ action: 'stop', result: 'ok', pid });
    isStopped = true;
  };
  return { audit, problem: () => log.problem, stop };
}

/** Without paths: probes come from other machines too. */
function problemOf(usage: Usage, auditProblem: string | undefined): string | undefined {
  const found = [
    ...(usage.problem === undefined ? [] : ['usage cannot be written and is kept in memory']),
    ...(auditProblem === undefined ? [] : ['the audit log cannot be written and lacks lines']),
  ];
  return found.length > 0 ? `${found.join('; ')}: the server log has the reason` : undefined;
}
