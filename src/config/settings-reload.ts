import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { LiveSettings } from './live-settings.ts';
import { fingerprintOf, type LoadedSettings, loadSettings } from './load-settings.ts';
import type { Environment } from './settings.ts';

/** Asking for a file's state costs microseconds, and works on every file system and however editors save. */
const POLL_MS = 2000;
/** An editor that writes in place is done by then. */
const SETTLE_MS = 100;

interface ReloadParts {
  readonly environment: Environment;
  readonly settings: LiveSettings;
  /** As the settings were read at first. */
  readonly loaded: Pick<LoadedSettings, 'path' | 'fingerprint'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Reads the config file anew when it changes, or when asked to. What is bad changes nothing. */
export class SettingsReload {
  readonly #parts: ReloadParts;
  /** Of the file as it was last read. */
  #known: string;
  /** Seen once; the file is read when it still is so. */
  #seen: string | undefined;
  #cancelTimer: (() => void) | undefined;
  #isStopped = false;
  /** Tail of the chain of readings. */
  #last: Promise<void> = Promise.resolve();

  constructor(parts: ReloadParts) {
    this.#parts = parts;
    this.#known = parts.loaded.fingerprint;
    this.#watch(POLL_MS);
  }

  /** Never rejects. */
  reload(): Promise<void> {
    this.#last = this.#last.then(() => this.#read());
    return this.#last;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer?.();
  }

  #watch(milliseconds: number): void {
    if (this.#isStopped) return;
    this.#cancelTimer = this.#parts.clock.after(milliseconds, () => void this.#look());
  }

  async #look(): Promise<void> {
    const now = await fingerprintOf(this.#parts.loaded.path);
    const isChanged = now !== this.#known;
    const isSettled = isChanged && now === this.#seen;
    this.#seen = now;
    if (isSettled) await this.reload();
    this.#watch(isChanged && !isSettled ? SETTLE_MS : POLL_MS);
  }

  async #read(): Promise<void> {
    const { environment, settings, loaded, logger } = this.#parts;
    const file = loaded.path;
    this.#known = await fingerprintOf(file);
    if (this.#isStopped) return;
    try {
      const { changed, needRestart } = settings.replace(await loadSettings(environment));
      logger.info('settings read anew', { file, changed });
      if (needRestart.length > 0) {
        logger.warn('these settings have changed, but need a restart', { file, settings: needRestart });
      }
    } catch (error) {
      logger.error('the config file cannot be used, the settings stay as they were', {
        reason: messageOf(error),
      });
    }
  }
}
