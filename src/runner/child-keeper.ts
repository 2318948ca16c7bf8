/**
 * Tracks the children: records them on disk for the next server, and compares them with the system's processes. Windows needs no
 * records and no list of processes: there, Node puts all children into a job, and the system ends them with the server, however it
 * ends. Only whether the known ones still run is looked up.
 */
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { programOf } from '../base/program/programs.ts';
import type { ChildRecords } from './child-records.ts';
import { type ProcessEntry, processOf, processTable } from './process-table.ts';
import { compareChildren, findOrphans } from './reconcile.ts';

/** Often enough that nothing waits long for a lost child, rarely enough to cost almost nothing. */
const RECONCILE_MS = 10_000;
/** A process must be missing twice, because there is a moment between its exit and our notification. */
const ROUNDS_MISSING = 2;

export interface ChildKeeperParts {
  readonly records: ChildRecords;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The programs of children, as `programOf` names them; the engine's unless a test provides its own. */
  readonly programs?: readonly string[];
  readonly table?: () => Promise<readonly ProcessEntry[]>;
  readonly kill?: (pid: number) => void;
  readonly platform?: string;
}

interface KnownChild {
  /** Called when the process is found to have exited. */
  readonly declareGone: () => void;
  roundsMissing: number;
}

export class ChildKeeper {
  readonly #parts: Required<ChildKeeperParts>;
  readonly #known = new Map<number, KnownChild>();
  #cancelTimer: (() => void) | undefined;

  constructor(parts: ChildKeeperParts) {
    const kill = (pid: number) => void process.kill(pid, 'SIGKILL');
    const { platform = process.platform } = parts;
    this.#parts = {
      programs: [programOf('engine'), programOf('quantize'), programOf('convert')],
      table: platform === 'win32' ? async () => livingOf(this.#known.keys()) : processTable,
      kill,
      platform,
      ...parts,
    };
  }

  /** Whether the system itself ends the children of a server that has ended. */
  get #areBound(): boolean {
    return this.#parts.platform === 'win32';
  }

  /** Kills the children of servers that no longer exist. Never rejects. */
  async endOrphans(): Promise<void> {
    if (this.#areBound) return;
    const { records, table, programs, logger } = this.#parts;
    try {
      const known = await records.list();
      if (known.length === 0) return;
      const { alive, settled } = findOrphans(known, await table(), programs);
      for (const pid of alive) this.#end(pid, 'killed a model runner that had outlived its server');
      for (const pid of [...alive, ...settled]) await records.remove(pid);
    } catch (error) {
      logger.warn(
        'unable to look for model runners left by earlier servers; any that still run keep their memory',
        { reason: messageOf(error) },
      );
    }
  }

  /** Must be called as soon as the process exists. @param declareGone settles everything that waits for its exit */
  add(pid: number, exited: Promise<unknown>, declareGone: () => void): void {
    this.#known.set(pid, { declareGone, roundsMissing: 0 });
    const recorded = this.#record(pid);
    void exited.then(async () => {
      this.#known.delete(pid);
      await recorded;
      await this.#parts.records.remove(pid).catch(() => undefined);
    });
  }

  start(): void {
    this.#cancelTimer = this.#parts.clock.after(RECONCILE_MS, () => {
      void this.reconcile().then(() => {
        if (this.#cancelTimer) this.start();
      });
    });
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Never rejects. */
  async reconcile(): Promise<void> {
    const { table, programs, logger } = this.#parts;
    try {
      const entries = await table();
      // Read after the table, so that a child started in the meantime is not mistaken for an unknown one.
      const known = new Set(this.#known.keys());
      const { unknown, missing } = compareChildren(entries, { parent: process.pid, known, programs });
      for (const pid of unknown) this.#end(pid, 'killed a model runner that this server does not know');
      for (const [pid, child] of this.#known) this.#note(pid, child, missing.includes(pid));
    } catch (error) {
      logger.debug('unable to list the processes', { reason: messageOf(error) });
    }
  }

  #note(pid: number, child: KnownChild, isMissing: boolean): void {
    child.roundsMissing = isMissing ? child.roundsMissing + 1 : 0;
    if (child.roundsMissing !== ROUNDS_MISSING) return;
    this.#parts.logger.error('a model runner exited unexpectedly; its requests fail', { pid });
    child.declareGone();
  }

  async #record(pid: number): Promise<void> {
    if (this.#areBound) return;
    const { records, logger } = this.#parts;
    try {
      const [child, server] = await Promise.all([processOf(pid), processOf(process.pid)]);
      if (!child || !server) return;
      const { startedAt } = child;
      await records.add({ pid, startedAt, server: { pid: server.pid, startedAt: server.startedAt } });
    } catch (error) {
      logger.debug('unable to record a model runner', { pid, reason: messageOf(error) });
    }
  }

  #end(pid: number, message: string): void {
    this.#parts.logger.warn(message, { pid });
    try {
      this.#parts.kill(pid);
    } catch {
      // It has already exited.
    }
  }
}

/** Those of our own children that run. Their names are not looked up. */
function livingOf(pids: Iterable<number>): ProcessEntry[] {
  return [...pids].filter(isAlive).map((pid) => ({ pid, parent: process.pid, startedAt: '', command: '' }));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
