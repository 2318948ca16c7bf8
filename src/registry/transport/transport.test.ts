import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority, startTlsFront } from '../../../test/fakes/servers/certificate-authority.ts';
import { ForwardProxy, type ForwardProxyOptions } from '../../../test/fakes/servers/forward-proxy.ts';
import { AddressGuard } from './addresses.ts';
import { RegistryTransports } from './transport.ts';

const closers: (() => Promise<unknown>)[] = [];
const hosts = { 'registry.test': '127.0.0.1' };
let folder: string;
let authority: CertificateAuthority;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transport-'));
  authority = await CertificateAuthority.create(folder);
  return () => rm(folder, { recursive: true });
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A web server that returns its caller's address and headers. @returns its port */
async function startServer(address = '127.0.0.1', port = 0): Promise<number> {
  const server = createServer((request, response) => {
    response.end(JSON.stringify({ local: request.socket.localAddress, headers: request.headers }));
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

async function startTlsServer(): Promise<number> {
  const front = await startTlsFront(await authority.issue('registry.test'), await startServer());
  closers.push(() => front.close());
  return front.port;
}

async function startProxy(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const proxy = await ForwardProxy.start({ hosts, ...options });
  closers.push(() => proxy.close());
  return proxy;
}

function open(environment: Record<string, string>, resolve = async (_: string) => ['127.0.0.1']) {
  const transport = new RegistryTransports(environment, resolve).open();
  closers.push(() => transport.close());
  return transport;
}

const bodyOf = async (response: Response) => (await response.json()) as { headers: object; local: string };
/** The message that a pull would report for a failure. */
const failure = async (attempt: Promise<unknown>): Promise<string> => {
  const error = await attempt.then(
    () => new Error('it worked'),
    (reason: Error) => reason,
  );
  return error instanceof TypeError && error.cause instanceof Error ? error.cause.message : error.message;
};

describe('a request through a proxy', () => {
  it('uses a tunnel for https, with the password only for the proxy', async () => {
    const port = await startTlsServer();
    const proxy = await startProxy({ password: 'user:se cret' });
    const { fetch } = open({
      HTTPS_PROXY: `http://user:se%20cret@${proxy.host}`,
      SSL_CERT_FILE: authority.path,
    });
    const { headers } = await bodyOf(await fetch(`https://registry.test:${port}/`));
    expect(proxy.served).toEqual([`CONNECT registry.test:${port}`]);
    expect(headers).not.toHaveProperty('proxy-authorization');
  });

  it('uses no tunnel for http', async () => {
    const port = await startServer();
    const proxy = await startProxy({ password: 'user:secret' });
    const { fetch } = open({ http_proxy: `http://user:secret@${proxy.host}` });
    const response = await fetch(`http://registry.test:${port}/v2/?a=b`, { headers: { Accept: 'x/y' } });
    expect((await bodyOf(response)).headers).toMatchObject({
      accept: 'x/y',
      host: `registry.test:${port}`,
    });
    expect(proxy.served).toEqual([`GET http://registry.test:${port}/v2/?a=b`]);
  });

  it('is not made when NO_PROXY covers the host', async () => {
    const port = await startServer();
    const proxy = await startProxy();
    const transport = open({
      HTTP_PROXY: `http://${proxy.host}`,
      NO_PROXY: `.other.test,registry.test:${port}`,
    });
    await new AddressGuard(new URL('https://registry.test'), transport.resolveHost).check('registry.test');
    expect((await transport.fetch(`http://registry.test:${port}/`)).status).toBe(200);
    expect((await transport.fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    expect(proxy.asked).toEqual([]);
  });

  it.each(['http', 'https'])('names the proxy, but not the password, when %s is refused', async (scheme) => {
    const proxy = await startProxy({ password: 'user:secret' });
    const attempt = (user: string) => {
      const address = `http://${user}${proxy.host}`;
      const { fetch } = open({ HTTPS_PROXY: address, HTTP_PROXY: address });
      return failure(fetch(`${scheme}://registry.test/`));
    };
    const variable = `${scheme.toUpperCase()}_PROXY`;
    expect(await attempt('user:mistake@')).toBe(
      `the proxy http://${proxy.host} refused the user name or the password in ${variable} (407)`,
    );
    expect(await attempt('')).toContain(
      `requires a user name and a password (407): include them in ${variable}`,
    );
  });

  it('names the proxy that cannot be reached, and allows a retry', async () => {
    const { fetch } = open({ HTTPS_PROXY: 'http://user:secret@127.0.0.1:1' });
    const attempt = fetch('https://registry.test/');
    await expect(attempt).rejects.toBeInstanceOf(TypeError);
    const message = await failure(attempt);
    expect(message).toContain('could not reach the proxy http://127.0.0.1:1 from HTTPS_PROXY: ');
    expect(message).not.toContain('secret');
  });

  it.each([
    [403, 'OllamaError'],
    [503, 'TypeError'],
  ])('reports that the proxy answered %s', async (refusal, name) => {
    const proxy = await startProxy({ refusal });
    const { fetch } = open({ HTTPS_PROXY: `http://${proxy.host}` });
    const attempt = fetch('https://registry.test/');
    await expect(attempt).rejects.toMatchObject({ name });
    expect(await failure(attempt)).toBe(
      `the proxy http://${proxy.host} from HTTPS_PROXY answered ${refusal} instead of connecting to registry.test`,
    );
  });
});

describe('a certificate', () => {
  it.each(['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_DIR'])('is trusted by %s', async (variable) => {
    const port = await startTlsServer();
    const environment = { [variable]: variable === 'SSL_CERT_DIR' ? folder : authority.path };
    const transport = open(environment);
    await new AddressGuard(new URL('https://registry.test'), transport.resolveHost).check('registry.test');
    expect((await transport.fetch(`https://registry.test:${port}/`)).status).toBe(200);
  });

  it('of an unknown authority is refused, naming the host and what to set', async () => {
    const port = await startTlsServer();
    const transport = open({});
    await new AddressGuard(new URL('https://registry.test'), transport.resolveHost).check('registry.test');
    const attempt = transport.fetch(`https://registry.test:${port}/`);
    await expect(attempt).rejects.toMatchObject({ name: 'OllamaError' });
    expect(await failure(attempt)).toMatch(
      new RegExp(
        `^the certificate of registry.test:${port} is signed by an unknown authority.*SSL_CERT_FILE`,
      ),
    );
  });

  it('of another host is refused', async () => {
    const port = await startTlsServer();
    const { fetch } = open({ SSL_CERT_FILE: authority.path });
    expect(await failure(fetch(`https://127.0.0.1:${port}/`))).toContain(
      `the certificate of 127.0.0.1:${port} is not valid`,
    );
  });

  it.each([
    ['/no/such/file', 'ENOENT'],
    [import.meta.filename, 'contains no certificate'],
    [import.meta.dirname, 'is a folder, not a regular file'],
  ])('file %s causes an error that names the variable', async (path, reason) => {
    const message = await failure(open({ SSL_CERT_FILE: path }).fetch('https://registry.test/'));
    expect(message).toMatch(/^SSL_CERT_FILE: /);
    expect(message).toContain(reason);
  });
});

describe('the address of a connection', () => {
  it('is the one that was checked, not one from a second lookup', async () => {
    const port = await startServer('127.0.0.2');
    await startServer('127.0.0.1', port);
    let questions = 0;
    const { fetch, resolveHost } = open({}, async () => (questions++ === 0 ? ['127.0.0.2'] : ['127.0.0.1']));
    await new AddressGuard(new URL('https://registry.test'), resolveHost).check('registry.test');
    const { local } = await bodyOf(await fetch(`http://registry.test:${port}/`));
    expect([local, questions]).toEqual(['127.0.0.2', 1]);
  });

  it('is never one that the check refused', async () => {
    const port = await startServer('127.0.0.1');
    const answers = [['203.0.113.9'], ['203.0.113.9'], ['127.0.0.1']];
    const { fetch, resolveHost } = open({}, async () => answers.shift() ?? []);
    const guard = new AddressGuard(new URL('https://registry.example'), resolveHost);
    await guard.check('registry.example');
    await guard.check('elsewhere.test');
    await expect(guard.check('elsewhere.test')).rejects.toThrow('refused a redirect');
    const attempt = fetch(`http://elsewhere.test:${port}/`, { signal: AbortSignal.timeout(300) });
    await expect(attempt).rejects.toThrow();
  });

  it('does not exist for a host that was not checked', async () => {
    const port = await startServer();
    const { fetch } = open({});
    expect(await failure(fetch(`http://registry.test:${port}/`))).toBe(
      'no address was found for registry.test',
    );
  });
});
