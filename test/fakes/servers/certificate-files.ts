import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Certificate, CertificateAuthority, type IssueOptions } from './certificate-authority.ts';

/** Names of a server on this machine. */
const LOCAL_NAMES = 'DNS:localhost,IP:127.0.0.1';

/** Long enough that nobody warns about the end. */
const DAYS = 90;

/** Files of a certificate. */
export interface CertificatePaths {
  readonly cert: string;
  readonly key: string;
}

/** An authority with the files of a server and of clients, all in one folder. */
export class CertificateFolder {
  readonly folder: string;
  readonly #authority: CertificateAuthority;

  private constructor(folder: string, authority: CertificateAuthority) {
    this.folder = folder;
    this.#authority = authority;
  }

  static async create(folder: string): Promise<CertificateFolder> {
    const own = join(folder, 'authority');
    await mkdir(own, { recursive: true });
    return new CertificateFolder(folder, await CertificateAuthority.create(own));
  }

  /** The authority's certificate. */
  get authority(): string {
    return this.#authority.path;
  }

  issue(name: string, options: IssueOptions = {}): Promise<Certificate> {
    return this.#authority.issue(name, { names: LOCAL_NAMES, days: DAYS, ...options });
  }

  /** Writes a new certificate into files of this name. */
  async write(name: string, options: IssueOptions = {}): Promise<CertificatePaths> {
    const { cert, key } = await this.issue(name, options);
    const paths = { cert: join(this.folder, `${name}.pem`), key: join(this.folder, `${name}.key`) };
    await writeFile(paths.cert, cert);
    await writeFile(paths.key, key, { mode: 0o600 });
    return paths;
  }
}
