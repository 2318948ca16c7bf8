/** A registry over TLS with a certificate from the test's own authority, behind a proxy that requires a password. */
import { mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority, startTlsFront } from '../../fakes/servers/certificate-authority.ts';
import { ForwardProxy } from '../../fakes/servers/forward-proxy.ts';
import { RegistryServer } from '../../fakes/servers/registry-server.ts';
import { UploadRegistry } from '../../fakes/servers/upload-registry.ts';
import {
  findDebianRegistry,
  findSquid,
  seedModel,
  startDebianRegistry,
  startSquid,
} from '../support/debian-programs.ts';
import { runOllama, startTestServer } from '../support/server-process.ts';
import {
  createModel,
  filesBelow,
  randomModelBytes,
  sha256,
  sha256OfFile,
} from '../support/server-requests.ts';

const MODEL_TYPE = 'application/vnd.ollama.image.model';
const hosts = { 'registry.test': '127.0.0.1' };
const [registryRoot, squidRoot] = [await findDebianRegistry(), await findSquid()];
/** Overrides the proxy settings of the machine. */
const noProxies = {
  HTTP_PROXY: '',
  http_proxy: '',
  HTTPS_PROXY: '',
  https_proxy: '',
  NO_PROXY: '',
  no_proxy: '',
};

interface Scene {
  /** "host:port" of the proxy. */
  readonly proxy: string;
  /** Port of the registry, without TLS. */
  readonly registryPort: number;
  /** Port of the registry that accepts uploads, without TLS. */
  readonly uploadPort: number;
  /** Digest of the manifest uploaded to a repository; undefined if there is none. */
  uploaded(repository: string): Promise<string | undefined>;
  /** Everything that the proxy was asked for. */
  proxyLog(): Promise<string>;
  close(): Promise<void>;
}

async function ownScene(weights: Uint8Array): Promise<Scene> {
  const registry = await RegistryServer.start();
  registry.publish('tiny', [{ mediaType: MODEL_TYPE, content: weights }]);
  const uploads = await UploadRegistry.start();
  const proxy = await ForwardProxy.start({ password: 'user:se cret', hosts });
  return {
    proxy: proxy.host,
    registryPort: Number(registry.host.split(':')[1]),
    uploadPort: Number(uploads.host.split(':')[1]),
    uploaded: async (repository) => {
      const manifest = uploads.manifests.get(`/v2/${repository}/manifests/latest`);
      return manifest && sha256(manifest);
    },
    proxyLog: async () => proxy.served.join('\n'),
    close: async () => {
      await proxy.close();
      await uploads.close();
      await registry.close();
    },
  };
}

async function debianScene(weights: Uint8Array): Promise<Scene> {
  const registry = await startDebianRegistry(registryRoot ?? '');
  const url = `http://127.0.0.1:${registry.port}`;
  await seedModel(url, 'library/tiny', [{ mediaType: MODEL_TYPE, content: weights }], sha256);
  const squid = await startSquid(squidRoot ?? '', { user: 'user', password: 'se cret', hosts });
  return {
    proxy: `127.0.0.1:${squid.port}`,
    registryPort: registry.port,
    uploadPort: registry.port,
    uploaded: async (repository) => manifestDigest(`${url}/v2/${repository}/manifests/latest`),
    proxyLog: () => squid.log(),
    close: async () => {
      await squid.stop();
      await registry.stop();
    },
  };
}

async function manifestDigest(url: string): Promise<string | undefined> {
  const accept = 'application/vnd.docker.distribution.manifest.v2+json';
  const response = await fetch(url, { headers: { Accept: accept } });
  return response.ok ? sha256(new Uint8Array(await response.arrayBuffer())) : undefined;
}

const scenes = [
  { title: 'our own proxy and registry', open: ownScene, isHere: true },
  { title: "Debian's squid and docker-registry", open: debianScene, isHere: !!registryRoot && !!squidRoot },
];

describe.each(scenes)('traffic through $title', ({ open, isHere }) => {
  const closers: (() => Promise<unknown>)[] = [];
  let scene: Scene;
  let authority: CertificateAuthority;
  let weights: Uint8Array;
  let name: string;
  let uploadHost: string;

  beforeAll(async () => {
    if (!isHere) return;
    const folder = await mkdtemp(join(tmpdir(), 'proxy-'));
    closers.push(() => rm(folder, { recursive: true }));
    weights = await randomModelBytes();
    authority = await CertificateAuthority.create(folder);
    scene = await open(weights);
    closers.push(() => scene.close());
    const front = await startTlsFront(await authority.issue('registry.test'), scene.registryPort);
    closers.push(() => front.close());
    name = `registry.test:${front.port}/library/tiny`;
    const uploadFront = await startTlsFront(await authority.issue('registry.test'), scene.uploadPort);
    closers.push(() => uploadFront.close());
    uploadHost = `registry.test:${uploadFront.port}`;
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  async function pull(env: Record<string, string>) {
    await using server = await startTestServer({ env: { ...noProxies, ...env } });
    const { status, stderr } = await runOllama(['pull', name], { host: server.host });
    return { status, stderr, files: await filesBelow(server.modelsFolder), log: server.output() };
  }

  async function push(repository: string, env: Record<string, string>) {
    await using server = await startTestServer({ env: { ...noProxies, ...env } });
    const model = `${uploadHost}/${repository}`;
    await createModel(server, model, weights);
    const { status, stderr } = await runOllama(['push', model], { host: server.host });
    const manifest = join(server.modelsFolder, 'manifests', uploadHost, repository, 'latest');
    return { status, stderr, log: server.output(), digest: await sha256OfFile(manifest) };
  }
  const address = (password: string) => `http://user:${password}@${scene.proxy}`;

  it.skipIf(!isHere)('downloads the model entirely through the proxy', async () => {
    const { status, stderr, files } = await pull({
      HTTPS_PROXY: address('se%20cret'),
      SSL_CERT_FILE: authority.path,
    });
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('success') });
    expect(files).toContain(`blobs/${sha256(weights).replace(':', '-')}`);
    await expect.poll(scene.proxyLog).toContain(`CONNECT ${name.split('/')[0]}`);
  });

  it.skipIf(!isHere)('uploads a model to the registry', async () => {
    const env = { HTTPS_PROXY: address('se%20cret'), SSL_CERT_FILE: authority.path };
    const { status, stderr, digest } = await push('ada/mine', env);
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('success') });
    expect(await scene.uploaded('ada/mine')).toBe(digest);
    await expect.poll(scene.proxyLog).toContain(`CONNECT ${uploadHost}`);
  });

  it.skipIf(!isHere)(
    'uploads nothing with a wrong password, nor to a registry with an unknown authority',
    async () => {
      const refused = await push('ada/other', {
        HTTPS_PROXY: address('mistake'),
        SSL_CERT_FILE: authority.path,
      });
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('refused the user name or the password in HTTPS_PROXY (407)');
      expect(refused.stderr + refused.log).not.toContain('mistake');
      const unknown = await push('ada/other', { HTTPS_PROXY: address('se%20cret') });
      expect(unknown.status).toBe(1);
      expect(unknown.stderr).toContain('is signed by an unknown authority');
      expect(await scene.uploaded('ada/other')).toBeUndefined();
    },
  );

  it.skipIf(!isHere)('reports a wrong password without revealing it', async () => {
    const { status, stderr, files, log } = await pull({
      HTTPS_PROXY: address('mistake'),
      SSL_CERT_FILE: authority.path,
    });
    expect(status).toBe(1);
    expect(stderr).toContain(
      `the proxy http://${scene.proxy} refused the user name or the password in HTTPS_PROXY (407)`,
    );
    expect(stderr + log).not.toContain('mistake');
    expect(files).toEqual([]);
  });

  it.skipIf(!isHere)('says which setting to use for a registry with an unknown authority', async () => {
    const { status, stderr, files } = await pull({ HTTPS_PROXY: address('se%20cret') });
    expect(status).toBe(1);
    expect(stderr).toContain(`the certificate of ${name.split('/')[0]} is signed by an unknown authority`);
    expect(stderr).toContain('SSL_CERT_FILE');
    expect(files).toEqual([]);
  });
});

describe('the command line', () => {
  it('never uses a proxy for its own server, not even on another address of this machine', async () => {
    const proxy = await ForwardProxy.start();
    await using server = await startTestServer();
    const address = `http://${proxy.host}`;
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'];
    const env = { ...Object.fromEntries(names.map((key) => [key, address])), NODE_USE_ENV_PROXY: '1' };
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address;
    const port = server.host.split(':')[1];
    const attempts = [
      await runOllama(['list'], { host: server.host, env }),
      // Nothing listens there: the error must be that no server runs, not an error of the proxy.
      ...(outside ? [await runOllama(['list'], { host: `${outside}:${port}`, env })] : []),
    ];
    expect(attempts[0]?.status).toBe(0);
    expect(attempts[1]?.stderr ?? 'could not connect').toContain('could not connect');
    expect(proxy.asked).toEqual([]);
    await proxy.close();
  });
});
