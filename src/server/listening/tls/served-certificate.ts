/** The certificate that the server presents, replaced without a restart when its files change. */
import { stat } from 'node:fs/promises';
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import { certificateExpiry } from './certificate-expiry.ts';
import {
  type CertificateContent,
  type CertificateFiles,
  type ReadCertificate,
  readCertificate,
} from './certificate-files.ts';

/** Polling three files costs microseconds, and notices the links that Kubernetes and renewal programs exchange. */
const POLL_MS = 2000;
/** Long enough for a program that writes one file after the other to finish. */
const SETTLE_MS = 100;
/** A certificate that is about to expire is mentioned this often. */
const REMINDER_MS = 24 * 60 * 60_000;

interface Parts {
  readonly files: CertificateFiles;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class ServedCertificate {
  readonly #parts: Parts;
  readonly #users = new Set<(content: CertificateContent) => void>();
  #current: ReadCertificate;
  /** State of the files when they were last read, whether or not they could be used. */
  #known: string;
  /** A new state, seen once. The files are read when the next look finds the same one. */
  #seen: string | undefined;
  #reminded = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #isStopped = false;
  /** The last of the reloads, which run one after the other. */
  #last: Promise<void> = Promise.resolve();

  private constructor(parts: Parts, current: ReadCertificate, known: string) {
    this.#parts = parts;
    this.#current = current;
    this.#known = known;
    this.#note();
    this.#watch(POLL_MS);
  }

  /** @throws OllamaError naming the setting whose file cannot be used */
  static async open(parts: Parts): Promise<ServedCertificate> {
    const known = await fingerprintOf(parts.files);
    return new ServedCertificate(parts, await readCertificate(parts.files), known);
  }

  get content(): CertificateContent {
    return this.#current.content;
  }

  /** When it expires, for health checks. */
  get expiry(): string {
    return certificateExpiry(this.#current.validUntil, this.#parts.clock.date()).text;
  }

  /** @param use called with each new certificate */
  onChange(use: (content: CertificateContent) => void): void {
    this.#users.add(use);
  }

  /** Reads the files again. Files that cannot be used leave the certificate as it is. Never rejects. */
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
    this.#remind();
    const now = await fingerprintOf(this.#parts.files);
    const isChanged = now !== this.#known;
    const isSettled = isChanged && now === this.#seen;
    this.#seen = now;
    if (isSettled) await this.reload();
    this.#watch(isChanged && !isSettled ? SETTLE_MS : POLL_MS);
  }

  async #read(): Promise<void> {
    const { files, logger } = this.#parts;
    const known = await fingerprintOf(files);
    try {
      const read = await readCertificate(files);
      if (this.#isStopped) return;
      const isNew = !isSame(read.content, this.#current.content);
      this.#current = read;
      if (!isNew) return;
      for (const use of this.#users) use(read.content);
      this.#note();
    } catch (error) {
      logger.error('the certificate could not be read again; the previous one stays in use', {
        reason: messageOf(error),
      });
    } finally {
      this.#known = known;
    }
  }

  #note(): void {
    const { files, logger } = this.#parts;
    const { subject, isKeyExposed } = this.#current;
    logger.info('certificate in use', { subject, expiry: this.expiry });
    if (isKeyExposed) {
      logger.warn('every user of this machine may read the private key: change its mode to 0600', {
        file: files.key,
      });
    }
    this.#reminded = Number.NEGATIVE_INFINITY;
    this.#remind();
  }

  #remind(): void {
    const { clock, logger } = this.#parts;
    const { text, isNear } = certificateExpiry(this.#current.validUntil, clock.date());
    if (!isNear || clock.now() - this.#reminded < REMINDER_MS) return;
    this.#reminded = clock.now();
    logger.warn(`the certificate needs a successor: it is ${text}`, { file: this.#parts.files.certificate });
  }
}

function isSame(one: CertificateContent, other: CertificateContent): boolean {
  const texts = ({ cert, key, ca }: CertificateContent) => [cert, key, ca].map(String).join('\0');
  return texts(one) === texts(other);
}

/** A text that differs between two states of the files, even if other files take their places. */
async function fingerprintOf({ certificate, key, clientAuthority }: CertificateFiles): Promise<string> {
  const paths = [certificate, key, ...(clientAuthority === undefined ? [] : [clientAuthority])];
  const states = await Promise.all(
    paths.map(async (path) => {
      const facts = await stat(path, { bigint: true }).catch(() => undefined);
      return facts ? `${facts.dev} ${facts.ino} ${facts.size} ${facts.mtimeNs} ${facts.ctimeNs}` : 'absent';
    }),
  );
  return states.join('; ');
}
