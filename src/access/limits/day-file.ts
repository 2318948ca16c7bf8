import { z } from 'zod';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import type { Clock } from '../../base/clock.ts';
import { messageOf, systemCode } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { readRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';
import type { DayUse, KeyBudgets } from './key-budgets.ts';

/** A hundred thousand keys have room. */
const MAX_BYTES = 16 * MIB;
/** What is used in this time is lost if the process is killed. */
const SAVE_AFTER_MS = 1000;
/** Only the owner may read how much each key uses. */
const MODE = 0o600;

const count = z.number().int().min(0);
const schema = z.object({
  /** In UTC, such as "2026-05-31". */
  date: z.iso.date(),
  keys: z.record(z.string(), z.object({ requests: count, tokens: count })),
});

interface DayFileParts {
  readonly path: string;
  readonly budgets: Pick<KeyBudgets, 'today' | 'carryOver' | 'date'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly logger: Logger;
}

/** Keeps what the keys have used today over a restart. Limits hold without it, too, so that no failure is more than logged. */
export class DayFile {
  readonly #parts: DayFileParts;
  #cancelSave: (() => void) | undefined;
  #saving: Promise<void> | undefined;

  constructor(parts: DayFileParts) {
    this.#parts = parts;
  }

  /** Counts what the file says for today. A file of tomorrow is taken, too: then the time of day was set back. */
  async load(): Promise<void> {
    const { path, budgets, logger } = this.#parts;
    try {
      const { date, keys } = schema.parse(JSON.parse((await readRegularFile(path, MAX_BYTES)).toString()));
      if (date >= budgets.date) budgets.carryOver(Object.entries(keys));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
      logger.warn('limits per day begin again, because what was used today cannot be read', { path, reason });
    }
  }

  /** Call it when something was used; it is written soon. */
  changed(): void {
    this.#cancelSave ??= this.#parts.clock.after(SAVE_AFTER_MS, () => {
      this.#cancelSave = undefined;
      void this.#save();
    });
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    const isChanged = this.#cancelSave !== undefined;
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    await this.#saving;
    if (isChanged) await this.#save();
  }

  async #save(): Promise<void> {
    await this.#saving;
    this.#saving = this.#write();
    await this.#saving;
  }

  async #write(): Promise<void> {
    const { path, budgets, logger } = this.#parts;
    const keys: Record<string, DayUse> = Object.fromEntries(budgets.today());
    try {
      await writeFileAtomically(path, JSON.stringify({ date: budgets.date, keys }), MODE, false);
    } catch (error) {
      logger.warn('what the keys used today could not be written; a restart forgets it', {
        path,
        reason: messageOf(error),
      });
    }
  }
}
