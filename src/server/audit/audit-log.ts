import type { Logger } from '../../base/logger.ts';
import { MIB } from '../../base/units.ts';
import { RotatingFile } from '../logging/rotating-file.ts';
import { plainJson } from './audit-text.ts';

/** `begun` precedes one of the others when a request takes longer than its reply does to begin. */
export type AuditResult = 'ok' | 'begun' | 'refused' | 'failed' | 'canceled';

export interface AuditEntry {
  /** Such as "pull", or "start" for the server itself. */
  readonly action: string;
  readonly result: AuditResult;
  readonly requestId?: string;
  /** ID of the API key. */
  readonly key?: string;
  readonly address?: string;
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  /** The model and whatever else the request is about. */
  readonly [subject: string]: unknown;
}

export interface AuditSink {
  write(entry: AuditEntry): void;
}

/** Names keys, addresses and models, which concern nobody but the owner of the server. */
const MODE = 0o600;
/** With the current one, some 200 MB: about a million lines. */
const MAX_FILE_BYTES = 10 * MIB;
const OLD_FILES = 20;

/** Writes a line for each entry, at once: what was answered is in the log. */
export class AuditLog implements AuditSink {
  readonly #file: RotatingFile;

  /** @param path absolute */
  constructor(path: string, logger: Logger, maxBytes = MAX_FILE_BYTES) {
    const onFailure = (reason: string) =>
      logger.error('the audit log cannot be written; requests are served without it', { reason });
    this.#file = new RotatingFile(path, { maxBytes, oldFiles: OLD_FILES, mode: MODE, onFailure });
  }

  /** Why lines are being lost; undefined = they are not. */
  get problem(): string | undefined {
    return this.#file.problem;
  }

  /** Never throws. */
  write(entry: AuditEntry): void {
    this.#file.write(`${plainJson({ time: new Date().toISOString(), ...entry })}\n`);
  }
}
