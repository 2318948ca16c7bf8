import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileServer } from '../../../test/fakes/servers/file-server.ts';
import type { RegistryTransport } from '../transport/transport.ts';
import { RegistryTransports } from '../transport/transport.ts';
import { WebImages } from './web-images.ts';

const never = new AbortController().signal;
const bytes = Uint8Array.from([1, 2, 3, 4]);

const images = (hosts: readonly string[], open?: () => RegistryTransport) =>
  new WebImages({
    transports: open ? { open } : new RegistryTransports({}),
    hosts: () => hosts,
    maxBytes: 1000,
    userAgent: 'test',
  });

describe('hosts', () => {
  it.each([
    [['images.example'], 'https://images.example/a.png', true],
    [['images.example'], 'http://IMAGES.example/a.png', true],
    [['images.example'], 'https://cdn.images.example/a.png', true],
    [['images.example:8443'], 'https://images.example/a.png', false],
    [['images.example'], 'https://images.example.evil/a.png', false],
    [['*'], 'https://anything.example/', true],
    [['*'], 'ftp://anything.example/', false],
    [['*'], 'file:///etc/passwd', false],
    [[], 'https://images.example/a.png', false],
  ])('%j and %s: %j', (hosts, url, allowed) => {
    expect(images(hosts).allows(new URL(url))).toBe(allowed);
    expect(images(hosts).isOn).toBe(hosts.length > 0);
  });
});

describe('a picture of a web server', () => {
  let files: FileServer;

  beforeEach(async () => {
    files = await FileServer.start({ '/a.png': bytes });
  });
  afterEach(() => files[Symbol.asyncDispose]());

  const fetched = (path: string, hosts: readonly string[] = ['127.0.0.1']) =>
    images(hosts).fetch(new URL(files.url(path)), never);

  it('is fetched from an address that the list names', async () => {
    expect([...(await fetched('/a.png'))]).toEqual([...bytes]);
    expect([...(await fetched('/a.png', ['127.0.0.0/8']))]).toEqual([...bytes]);
    expect(files.requests[0]?.headers['user-agent']).toBe('test');
  });

  it('is not fetched from a loopback address that only a pattern allows', async () => {
    await expect(fetched('/a.png', ['*'])).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringMatching(/could not be fetched: .* has the loopback address 127.0.0.1/),
    });
    expect(files.requests).toEqual([]);
  });

  it.each([
    ['missing', (): number => 404, 'answered with status 404'],
    ['not there any more', (): number => 500, 'answered with status 500'],
  ])('that is %s says so', async (_, status, message) => {
    files.behave((_request, response) => {
      response.writeHead(status()).end('x');
      return true;
    });
    await expect(fetched('/b.png')).rejects.toThrow(message);
  });

  it('that is too large is not read to its end', async () => {
    files.behave((_request, response) => {
      const more = () => {
        if (!response.destroyed) response.write(new Uint8Array(500), more);
      };
      more();
      return true;
    });
    await expect(fetched('/a.png')).rejects.toThrow('the picture is larger than 1000 bytes');
  });

  it('that would expand is refused', async () => {
    files.behave((_request, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x');
      return true;
    });
    await expect(fetched('/a.png')).rejects.toThrow('content encoding "gzip"');
  });

  it('may be behind a redirect to an allowed host', async () => {
    files.behave(({ url }, response) => {
      if (url !== '/moved.png') return false;
      response.writeHead(302, { Location: '/a.png' }).end();
      return true;
    });
    expect([...(await fetched('/moved.png'))]).toEqual([...bytes]);
  });

  it.each([
    ['http://other.example/a.png', 'other.example is not in OLLAMA_FETCH_IMAGES'],
    ['http://169.254.169.254/latest', '169.254.169.254 is not in OLLAMA_FETCH_IMAGES'],
    ['file:///etc/passwd', 'is not in OLLAMA_FETCH_IMAGES'],
    ['http://u:p@127.0.0.1/', 'must not contain a password'],
    ['http://[', 'the redirect target is not a URL'],
    ['/loop', 'more than 5 redirects'],
  ])('is not fetched by way of %s', async (location, message) => {
    files.behave((_request, response) => {
      response.writeHead(302, { Location: location }).end();
      return true;
    });
    await expect(fetched('/a.png')).rejects.toThrow(message);
  });

  it('is not waited for when the client leaves', async () => {
    files.behave(() => true);
    const client = new AbortController();
    const fetching = images(['127.0.0.1']).fetch(new URL(files.url('/a.png')), client.signal);
    client.abort();
    await expect(fetching).rejects.toMatchObject({ code: 'canceled' });
  });
});

describe('a name that leads into a private network', () => {
  const addresses: Record<string, string[]> = {
    'nas.lan': ['10.0.0.7'],
    'rebinding.example': ['203.0.113.9', '10.0.0.7'],
    'metadata.example': ['169.254.169.254'],
    'public.example': ['203.0.113.9'],
  };
  const open = (): RegistryTransport => ({
    fetch: async () => new Response(bytes),
    resolveHost: async (host) => addresses[host] ?? [],
    close: async () => undefined,
  });
  const fetched = (host: string, hosts: readonly string[]) =>
    images(hosts, open).fetch(new URL(`https://${host}/a.png`), never);

  it.each([
    ['public.example', ['*']],
    ['nas.lan', ['nas.lan']],
    ['nas.lan', ['nas.lan:443']],
    ['nas.lan', ['.lan', '10.0.0.0/8']],
  ])('%s is allowed by %j', async (host, hosts) => {
    expect([...(await fetched(host, hosts))]).toEqual([...bytes]);
  });

  it.each([
    ['nas.lan', ['*'], 'private address 10.0.0.7'],
    ['nas.lan', ['.lan'], 'private address 10.0.0.7'],
    ['nas.lan', ['lan'], 'private address 10.0.0.7'],
    ['rebinding.example', ['.example'], 'private address 10.0.0.7'],
    ['metadata.example', ['metadata.example', '169.254.0.0/16'], 'link-local'],
  ])('%s is refused with %j', async (host, hosts, message) => {
    await expect(fetched(host, hosts)).rejects.toThrow(message);
  });
});
