import type { CreateKeyRequest, KeyInfo } from '../api/keys.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf, OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { RequireKey } from '../config/choices.ts';
import type { ConfiguredKey } from '../config/file/config-file.ts';
import { fingerprintOf } from '../config/load-settings.ts';
import { type AccessState, accessWarnings } from './access-warnings.ts';
import type { CallerKey } from './caller-key.ts';
import { configuredRecords } from './configured-records.ts';
import { isExposed, type Reach } from './exposure.ts';
import type { KeyAccess } from './key-access.ts';
import {
  createKey,
  findKey,
  type KeyChange,
  type NewKey,
  requireKey,
  revokeKey,
  rotateKey,
} from './key-changes.ts';
import { KeyFile, KeyFileError } from './key-file.ts';
import { keyInfo } from './key-info.ts';
import type { KeyRecord } from './key-record.ts';
import { digestOf, type Identified, KeyRing } from './key-ring.ts';
import { type Session, Sessions } from './sessions.ts';

/** Looking costs microseconds, and works on every file system. A key that was revoked elsewhere ends this soon. */
const LOOK_MS = 1000;
/** State of a file that must be read at the next look. */
const UNKNOWN = '';
/** Long enough for an editor that writes the file in place to finish. */
const SETTLE_MS = 50;

/** Where the store reads its settings, each at every use. */
interface KeySettings {
  readonly current: Reach & { readonly requireKey: RequireKey };
  readonly configuredKeys: readonly ConfiguredKey[];
  onChange(listener: () => void): () => void;
}

interface KeyStoreParts {
  /** The user's own, "~/.ollama". */
  readonly folder: string;
  readonly settings: KeySettings;
  /** Whether programs on other machines reach the server without proof of who they are; absent = the settings say it. */
  readonly isReachable?: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A new key as it is shown, once. */
export interface ShownKey {
  readonly info: KeyInfo;
  readonly key: string;
}

/** A session of a web page, and the key that it stands for. */
interface KeySession {
  readonly session: Session;
  readonly key: CallerKey;
}

/**
 * The keys of a server: those of its key file and those of its config file, both read again when they change. A key file
 * that cannot be used closes the server to all but the keys of the config file.
 */
export class KeyStore implements KeyAccess {
  readonly #parts: KeyStoreParts;
  readonly #file: KeyFile;
  #stored: readonly KeyRecord[] = [];
  #configured: readonly KeyRecord[] = [];
  readonly #sessions = new Sessions();
  #ring = new KeyRing([]);
  #problem: KeyFileError | undefined;
  #isNeeded = false;
  /** Whether any key has existed since the server started. */
  #hadKeys = false;
  /** The access of which the log knows; undefined = the server starts. */
  #logged: AccessState | undefined;
  /** State of the file as it was last read. */
  #known = UNKNOWN;
  #cancelLook: (() => void) | undefined;
  #isClosed = false;
  readonly #stopListening: () => void;
  readonly #listeners = new Set<() => void>();

  private constructor(parts: KeyStoreParts) {
    this.#parts = parts;
    this.#file = new KeyFile(parts.folder);
    this.#stopListening = parts.settings.onChange(() => this.#apply());
  }

  /** Reads the keys and watches the file. Never rejects: see `problem`. */
  static async open(parts: KeyStoreParts): Promise<KeyStore> {
    const store = new KeyStore(parts);
    await store.#read();
    store.#watch(LOOK_MS);
    return store;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
    this.#stopListening();
  }

  get isIdle(): boolean {
    return this.#ring.size === 0 && !this.#isNeeded;
  }

  get isNeeded(): boolean {
    return this.#isNeeded;
  }

  /** Whether there is any key, or a file that may hold some. */
  get hasKeys(): boolean {
    return this.#ring.size > 0 || this.#problem !== undefined;
  }

  /** Why the key file cannot be used; undefined = it can. */
  get problem(): string | undefined {
    return this.#problem?.message;
  }

  /** What is wrong with a server that other machines reach and that needs no key; undefined = nothing. */
  get exposure(): string | undefined {
    const { settings, isReachable = () => isExposed(settings.current) } = this.#parts;
    // Whoever turned keys off knows it.
    if (this.#isNeeded || settings.current.requireKey === 'off' || !isReachable()) return undefined;
    return 'other machines can use and change this server without a key: create one with "ollama key create", or set OLLAMA_REQUIRE_KEY to off if that is wanted';
  }

  /** Logs what has changed in the access since the last call. Must be called when `isReachable` changes. */
  logAccess(): void {
    const { isNeeded, hasKeys, exposure } = this;
    const now = { isNeeded, hasKeys, exposure };
    for (const warning of accessWarnings(this.#logged, now)) this.#parts.logger.warn(warning);
    this.#logged = now;
  }

  /** Calls back after each change of the keys. @returns a function that removes the listener */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  identify(credential: string): Identified {
    const found = this.#ring.identify(credential, this.#parts.clock.date());
    if (found === 'unknown' && this.#problem) {
      const message = 'the API keys of this server cannot be read: its log says why';
      throw new OllamaError('internal', message, { status: 503, cause: this.#problem });
    }
    return found;
  }

  /** A key by its ID, for what goes on in its name. @returns undefined for one that was revoked or has expired */
  ofId(id: string): CallerKey | undefined {
    return this.#ring.ofId(id, this.#parts.clock.date());
  }

  /**
   * Opens a session of a web page.
   * @throws OllamaError `unauthorized` for a text that is not a valid key
   */
  openSession(credential: string): KeySession & { readonly cookie: string } {
    const key = this.identify(credential);
    if (typeof key === 'string') {
      const problem = key === 'expired' ? 'has expired' : 'is not valid';
      throw new OllamaError('unauthorized', `the API key ${problem}`);
    }
    const opened = this.#sessions.open(digestOf(credential), this.#parts.clock.date());
    return { ...opened, key };
  }

  /** @returns undefined for a session that has ended, or whose key has */
  findSession(cookie: string): KeySession | undefined {
    const now = this.#parts.clock.date();
    const session = this.#sessions.find(cookie, now);
    const key = session ? this.#ring.ofDigest(session.keyDigest, now) : 'unknown';
    return session && typeof key !== 'string' ? { session, key } : undefined;
  }

  closeSession(cookie: string): void {
    this.#sessions.close(cookie);
  }

  /** In the order of creation; those of the config file come last. */
  list(): KeyInfo[] {
    return [
      ...this.#stored.map((record) => keyInfo(record, 'key file')),
      ...this.#configured.map((record) => keyInfo(record, 'config file')),
    ];
  }

  /** @param text an ID or a name @throws OllamaError `not-found` */
  show(text: string): KeyInfo {
    const configured = findKey(this.#configured, text);
    if (configured) return keyInfo(configured, 'config file');
    return keyInfo(requireKey(this.#stored, text), 'key file');
  }

  /** @throws the errors of `createKey` and of `KeyFile` */
  async create(request: CreateKeyRequest): Promise<ShownKey> {
    const taken = this.#configured.map(({ name }) => name);
    return this.#new((records) => createKey(records, request, this.#parts.clock.date(), taken));
  }

  /** @throws the errors of `rotateKey` and of `KeyFile`; OllamaError `forbidden` for a key of the config file */
  async rotate(text: string, grace?: string): Promise<ShownKey> {
    this.#refuseConfigured(text);
    return this.#new((records) => rotateKey(records, text, grace, this.#parts.clock.date()));
  }

  /** The key is invalid when this has resolved. @throws as `rotate` */
  async revoke(text: string): Promise<KeyInfo> {
    this.#refuseConfigured(text);
    const { record } = await this.#change((records) => revokeKey(records, text));
    return keyInfo(record, 'key file');
  }

  async #new(change: (records: readonly KeyRecord[]) => NewKey): Promise<ShownKey> {
    const { record, key } = await this.#change(change);
    return { info: keyInfo(record, 'key file'), key };
  }

  async #change<Change extends KeyChange>(
    change: (records: readonly KeyRecord[]) => Change,
  ): Promise<Change> {
    const changed = await this.#file.update(change);
    // Another process may have changed the file since, and its change would never be read if this were the file's state now.
    this.#known = UNKNOWN;
    this.#stored = changed.records;
    this.#problem = undefined;
    this.#apply();
    return changed;
  }

  #refuseConfigured(text: string): void {
    const record = findKey(this.#configured, text);
    if (!record) return;
    throw new OllamaError('forbidden', `the key "${record.name}" is in the config file: change it there`);
  }

  #watch(milliseconds: number): void {
    if (!this.#isClosed) this.#cancelLook = this.#parts.clock.after(milliseconds, () => void this.#look());
  }

  async #look(): Promise<void> {
    const now = await fingerprintOf(this.#file.path);
    if (now !== this.#known || this.#problem?.isPassing) {
      await new Promise<void>((resolve) => this.#parts.clock.after(SETTLE_MS, resolve));
      if (!this.#isClosed) await this.#read();
    }
    this.#watch(LOOK_MS);
  }

  async #read(): Promise<void> {
    const { logger } = this.#parts;
    const file = this.#file.path;
    const fingerprint = await fingerprintOf(file);
    const before = this.#stored;
    const found = await this.#file.read().catch((error: unknown) => asProblem(error, file));
    // A change of this process ended meanwhile: what was read may be older, and the next look reads again.
    if (this.#isClosed || this.#stored !== before) return;
    const isKnown = found === before && !this.#problem;
    if (found instanceof KeyFileError) {
      const reason = messageOf(found);
      logger.error('the key file cannot be used; requests are refused until it is mended', { file, reason });
      this.#close(found);
    } else if (found) {
      this.#stored = found;
      this.#problem = undefined;
    } else if (this.hasKeys) {
      // To open the server again by removing a file would be too easy a mistake.
      logger.warn('the key file has disappeared; the server stays as it is until it ends', { file });
    }
    this.#known = fingerprint;
    if (!isKnown) this.#apply();
    if (await this.#file.isWritableByOthers())
      logger.warn('other users can write the key file and give themselves keys: chmod 600', { file });
  }

  /** Where the system only lacks something for a moment, the keys that were read before stay in force. */
  #close(problem: KeyFileError): void {
    this.#problem = problem;
    if (!problem.isPassing) this.#stored = [];
  }

  #apply(): void {
    const { settings, logger } = this.#parts;
    const { records, hidden } = configuredRecords(settings.configuredKeys, this.#stored);
    if (hidden.length > 0)
      logger.warn('keys of the config file have the names of keys in the key file', { names: hidden });
    this.#configured = records;
    this.#ring = new KeyRing([...this.#stored, ...records]);
    const { requireKey: choice } = settings.current;
    this.#hadKeys ||= this.#ring.size > 0;
    // To open a server that had keys, by emptying a file or revoking a key that leaked, would be too easy a mistake.
    this.#isNeeded = choice === 'on' || (choice === 'auto' && (this.hasKeys || this.#hadKeys));
    this.logAccess();
    for (const listener of this.#listeners) listener();
  }
}

function asProblem(error: unknown, file: string): KeyFileError {
  return error instanceof KeyFileError ? error : new KeyFileError(file, error);
}
