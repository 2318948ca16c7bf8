/** A registry of npm packages on loopback: one package, whose versions a test publishes. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

interface Published {
  readonly tarball: Buffer;
  readonly integrity: string;
}

export interface NpmRegistry extends AsyncDisposable {
  readonly url: string;
  /** @param spoilt the served tarball differs from what the registry promises */
  publish(version: string, options?: { readonly spoilt?: boolean }): Promise<Published>;
  /** Requested paths. */
  readonly asked: string[];
}

/**
 * The package has one program, which prints its version.
 * @param place the program's folder in the package
 */
export async function startNpmRegistry(name: string, program: string, place = 'bin'): Promise<NpmRegistry> {
  const versions = new Map<string, Published>();
  const asked: string[] = [];
  let url = '';
  const packument = () => ({
    name,
    'dist-tags': { latest: [...versions.keys()].at(-1) },
    versions: Object.fromEntries(
      [...versions].map(([version, { integrity }]) => [
        version,
        {
          name,
          version,
          bin: { [program]: `${place}/${program}` },
          dist: { tarball: `${url}/${name}/-/${name}-${version}.tgz`, integrity },
        },
      ]),
    ),
  });
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '';
    asked.push(path);
    const version = new RegExp(`^/${name}/-/${name}-(.+)\\.tgz$`).exec(path)?.[1];
    const published = version === undefined ? undefined : versions.get(version);
    if (published) outgoing.end(published.tarball);
    else if (path === `/${name}` && versions.size > 0) {
      outgoing.setHeader('Content-Type', 'application/json').end(JSON.stringify(packument()));
    } else outgoing.writeHead(404, { 'Content-Type': 'application/json' }).end('{"error":"Not found"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    publish: async (version, { spoilt = false } = {}) => {
      const tarball = await pack(name, `${place}/${program}`, version);
      const promised = spoilt ? Buffer.concat([tarball, Buffer.from('!')]) : tarball;
      const integrity = `sha512-${createHash('sha512').update(promised).digest('base64')}`;
      const published = { tarball, integrity };
      versions.set(version, published);
      return published;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @param program path in the package */
async function pack(name: string, program: string, version: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'npm-package-'));
  try {
    const script = join(folder, 'package', program);
    await mkdir(dirname(script), { recursive: true });
    await writeFile(script, `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
    const facts = { name, version, bin: { [basename(program)]: program } };
    await writeFile(join(folder, 'package', 'package.json'), JSON.stringify(facts));
    await promisify(execFile)('tar', ['-czf', 'package.tgz', 'package'], { cwd: folder });
    return await readFile(join(folder, 'package.tgz'));
  } finally {
    await rm(folder, { recursive: true });
  }
}
