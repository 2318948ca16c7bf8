import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const READY_TIMEOUT_MS = 20_000;
/** Another place than the search path, for a package that was only unpacked. */
const program = process.env.DOCKER_REGISTRY ?? 'docker-registry';

export interface DockerRegistry {
  /** "127.0.0.1:<port>" */
  readonly host: string;
  readonly user: string;
  readonly password: string;
  close(): Promise<void>;
}

/** Whether Debian's docker-registry, the reference of the protocol, is installed; says loudly when it is not. */
export async function hasDockerRegistry(): Promise<boolean> {
  return execute(program, ['--version']).then(
    () => true,
    () => {
      process.stderr.write('SKIPPED: tests with a real registry, as docker-registry is not installed\n');
      return false;
    },
  );
}

/** Starts one on a free port of 127.0.0.1, with a temporary folder, that asks for a user's name and password. */
export async function startDockerRegistry(): Promise<DockerRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'docker-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const passwords = join(folder, 'htpasswd');
  // "hunter2", hashed by bcrypt.
  await writeFile(passwords, 'ada:$2y$05$abcdefghijklmnopqrstuuoXuKqgZXLiJqzfmMXDDhSFPIvxV7t8.\n');
  const config = {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: host, secret: 'a secret of tests' },
    auth: { htpasswd: { realm: 'tests', path: passwords } },
  };
  const configFile = join(folder, 'config.yml');
  await writeFile(configFile, JSON.stringify(config));
  const child = spawn(program, ['serve', configFile], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const close = async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true });
  };
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await answers(host))) {
    if (Date.now() < deadline && child.exitCode === null) await sleep(50);
    else {
      await close();
      throw new Error('docker-registry did not start');
    }
  }
  return { host, user: 'ada', password: 'hunter2', close };
}

async function answers(host: string): Promise<boolean> {
  return fetch(`http://${host}/v2/`).then(
    ({ status }) => status === 401,
    () => false,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
