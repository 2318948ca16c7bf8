/** Runs Debian's registry and Debian's squid, unmodified, on loopback and in temporary folders. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureDebianPackages, libraryPath } from '../../../scripts/debian-packages.mjs';
import { prerequisite } from '../../fakes/prerequisites.ts';

const squidPackages = [
  'squid',
  'squid-common',
  'squid-langpack',
  'libecap3',
  'libnetfilter-conntrack3',
  'libnfnetlink0',
  'libltdl7',
];

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5000;

export interface DebianProgram {
  readonly port: number;
  /** What the program printed, or wrote into its access log. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** @returns the folder of the unpacked package; undefined, with a message on the console, if it is not available */
export async function findDebianRegistry(): Promise<string | undefined> {
  const root = await ensureDebianPackages(['docker-registry'], ['usr/bin/docker-registry', '--version']);
  return prerequisite("Debian's docker-registry", root);
}

/** Like `findDebianRegistry`. */
export async function findSquid(): Promise<string | undefined> {
  return prerequisite("Debian's squid", await ensureDebianPackages(squidPackages, ['usr/sbin/squid', '-v']));
}

/** @param root folder of the unpacked package */
export async function startDebianRegistry(root: string): Promise<DebianProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'docker-registry-'));
  const config = join(folder, 'config.yml');
  const storage = `storage:\n  filesystem:\n    rootdirectory: ${folder}\n  delete:\n    enabled: true\n`;
  await writeFile(config, `version: 0.1\n${storage}http:\n  addr: 127.0.0.1:0\n`);
  const child = new Child(join(root, 'usr/bin/docker-registry'), ['serve', config], {});
  const [, port] = await child.printed(/listening on 127\.0\.0\.1:(\d+)/, folder);
  return { port: Number(port), log: async () => child.output, stop: () => child.stop(folder) };
}

export interface SquidOptions {
  readonly user: string;
  readonly password: string;
  /** Addresses by name, which only squid can resolve. */
  readonly hosts: Readonly<Record<string, string>>;
}

/** @param root folder of the unpacked packages */
export async function startSquid(
  root: string,
  { user, password, hosts }: SquidOptions,
): Promise<DebianProgram> {
  // Squid drops root's privileges immediately, so everything it needs must be readable by everyone.
  const folder = await mkdtemp(join(tmpdir(), 'squid-'));
  await chmod(folder, 0o777);
  const own = join(folder, 'root');
  await cp(root, own, { recursive: true, verbatimSymlinks: true });
  // Its error pages are in a separate package, and are not needed here.
  await mkdir(join(folder, 'errors'));
  const port = await freePort();
  const { stdout } = await promisify(execFile)('openssl', ['passwd', '-apr1', password]);
  await writeFile(join(folder, 'users'), `${user}:${stdout.trim()}\n`);
  const lines = Object.entries(hosts).map(([name, address]) => `${address} ${name}\n`);
  await writeFile(join(folder, 'hosts'), lines.join(''));
  const config = join(folder, 'squid.conf');
  await writeFile(config, squidConfig(folder, own, port));
  const child = new Child(join(own, 'usr/sbin/squid'), ['-N', '-d', '1', '-f', config], {
    LD_LIBRARY_PATH: await libraryPath(own),
  });
  await child.printed(/Accepting HTTP Socket connections at/, folder);
  const log = () => readFile(join(folder, 'access.log'), 'utf8');
  return { port, log, stop: () => child.stop(folder) };
}

function squidConfig(folder: string, root: string, port: number): string {
  return `${[
    `http_port 127.0.0.1:${port}`,
    `auth_param basic program ${root}/usr/lib/squid/basic_ncsa_auth ${folder}/users`,
    'acl known proxy_auth REQUIRED',
    'http_access allow known',
    'http_access deny all',
    'cache deny all',
    `access_log stdio:${folder}/access.log`,
    `cache_log ${folder}/cache.log`,
    `pid_filename ${folder}/squid.pid`,
    `coredump_dir ${folder}`,
    `hosts_file ${folder}/hosts`,
    `mime_table ${root}/usr/share/squid/mime.conf`,
    `icon_directory ${root}/usr/share/squid/icons`,
    `error_directory ${folder}/errors`,
    `unlinkd_program ${root}/usr/lib/squid/unlinkd`,
    'pinger_enable off',
    'netdb_filename none',
    'visible_hostname proxy.test',
    'max_filedescriptors 1024',
    'shutdown_lifetime 0 seconds',
    ...(process.getuid?.() === 0 ? ['cache_effective_user nobody'] : []),
  ].join('\n')}\n`;
}

class Child {
  output = '';
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(program: string, args: readonly string[], env: Record<string, string>) {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.#ended = new Promise((resolve) => {
      child.on('error', (error) => {
        this.output += error.message;
        resolve();
      });
      child.on('close', () => resolve());
    });
  }

  async printed(pattern: RegExp, folder: string): Promise<RegExpExecArray> {
    let isRunning = true;
    void this.#ended.then(() => {
      isRunning = false;
    });
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) return found;
      if (!isRunning || Date.now() > deadline) {
        await this.stop(folder);
        throw new Error(`${this.#process.spawnfile} did not start: ${this.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(folder: string): Promise<void> {
    this.#process.kill();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

export interface SeededLayer {
  readonly mediaType: string;
  readonly content: Uint8Array;
}

/** Puts a model into a registry with the requests of the OCI distribution spec. @returns the manifest's bytes */
export async function seedModel(
  registryUrl: string,
  repository: string,
  layers: readonly SeededLayer[],
  digestOf: (content: Uint8Array) => string,
): Promise<Uint8Array> {
  const base = `${registryUrl}/v2/${repository}`;
  const put = async ({ mediaType, content }: SeededLayer) => {
    const digest = digestOf(content);
    const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
    const location = new URL(begun.headers.get('location') ?? '', registryUrl);
    location.searchParams.set('digest', digest);
    await requireCreated(await fetch(location, { method: 'PUT', body: Buffer.from(content) }));
    return { mediaType, digest, size: content.length };
  };
  const config = Buffer.from(
    JSON.stringify({ model_format: 'gguf', model_family: 'llama', file_type: 'Q4_1' }),
  );
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: await put({ mediaType: 'application/vnd.docker.container.image.v1+json', content: config }),
      layers: await Promise.all(layers.map(put)),
    }),
  );
  const headers = { 'Content-Type': mediaType };
  const url = `${base}/manifests/latest`;
  await requireCreated(await fetch(url, { method: 'PUT', headers, body: manifest }));
  return manifest;
}

async function requireCreated(response: Response): Promise<void> {
  if (response.status !== 201)
    throw new Error(`the registry answered ${response.status} ${await response.text()}`);
}
