import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Environment } from './environment.ts';
import type { LiveSettings } from './live-settings.ts';
import { fingerprintOf, type LoadedSettings, loadSettings } from './load-settings.ts';

/** Polling costs microseconds, and works on every file system and with every way in which editors save files. */
const POLL_MS = 2000;
/** Long enough for an editor that writes the file in place to finish. */
const SETTLE_MS = 100;

interface ReloadParts {
  readonly environment: Environment;
  readonly settings: LiveSettings;
  /** The file's state when the settings were first read. */
  readonly loaded: Pick<LoadedSettings, 'path' | 'fingerprint'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Reloads the config file when it changes or on request. A file with an error changes nothing. */
export class SettingsReload {
  readonly #parts: ReloadParts;
  /** Fingerprint of the file as it was last read. */
  #known: string;
  /** A new fingerprint, seen once. The file is read when the next look finds the same one. */
  #seen: string | undefined;
  #cancelTimer: (() => void) | undefined;
  #isStopped = false;
  /** The last of the reloads, which run one after the other. */
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
      logger.info('settings reloaded', { file, changed });
      if (needRestart.length > 0) {
        logger.warn('these settings changed but need a restart of the server to take effect', {
          file,
          settings: needRestart,
        });
      }
    } catch (error) {
      logger.error('the config file has an error; the previous settings stay in force', {
        reason: messageOf(error),
      });
    }
  }
}
