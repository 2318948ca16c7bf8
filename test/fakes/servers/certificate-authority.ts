import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';

const run = promisify(execFile);
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export interface Certificate {
  /** The private key in PEM. */
  readonly key: string;
  readonly cert: string;
}

export interface IssueOptions {
  /** For how many days; a negative number makes one that has expired. */
  readonly days?: number;
  /** Alternative names in OpenSSL's form; default: the host as a DNS name. */
  readonly names?: string;
}

/** A certificate authority in a folder, created with openssl, valid for two days. */
export class CertificateAuthority {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(folder: string): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority(folder);
    const files = ['-keyout', authority.#file('authority.key'), '-out', authority.path];
    await run('openssl', ['req', '-x509', ...newKey, ...files, '-subj', '/CN=Test authority', '-days', '2']);
    return authority;
  }

  /** Path of its own certificate, in PEM. */
  get path(): string {
    return this.#file('authority.pem');
  }

  /** @param host its files are named after it, too */
  async issue(
    host: string,
    { days = 2, names: others = `DNS:${host}` }: IssueOptions = {},
  ): Promise<Certificate> {
    const [key, request, cert, names] = ['key', 'csr', 'pem', 'ext'].map((kind) =>
      this.#file(`${host}.${kind}`),
    ) as [string, string, string, string];
    await writeFile(names, `subjectAltName=${others}\n`);
    await run('openssl', ['req', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${host}`]);
    const signer = ['-CA', this.path, '-CAkey', this.#file('authority.key'), '-CAcreateserial'];
    const signing = ['x509', '-req', '-in', request, ...signer, '-days', String(days), '-extfile', names];
    await run('openssl', [...signing, '-out', cert]);
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}

export interface TlsFront {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves what listens on a port of 127.0.0.1 over TLS as well, on another port. */
export async function startTlsFront(certificate: Certificate, behindPort: number): Promise<TlsFront> {
  const sockets = new Set<{ destroy(): unknown }>();
  const server = createServer({ ...certificate }, (socket) => {
    const behind = connect(behindPort, '127.0.0.1');
    for (const end of [socket, behind]) {
      sockets.add(end);
      end.on('close', () => {
        sockets.delete(end);
        socket.destroy();
        behind.destroy();
      });
      end.on('error', () => end.destroy());
    }
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
