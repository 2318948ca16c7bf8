import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_TIMEOUT_MS = 20_000;

export interface DockerRegistry {
  /** Host and port, "127.0.0.1:<port>". */
  readonly host: string;
  readonly user: string;
  readonly password: string;
  close(): Promise<void>;
}

/**
 * Starts Debian's docker-registry on a free port of 127.0.0.1, with a temporary folder. It requires a user name and a
 * password.
 * @param root folder where the package was unpacked
 */
export async function startDockerRegistry(root: string): Promise<DockerRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'docker-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const passwords = join(folder, 'htpasswd');
  // "hunter2", hashed with bcrypt.
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
  const child = spawn(join(root, 'usr/bin/docker-registry'), ['serve', configFile], { stdio: 'ignore' });
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
