import { describe, expect, it } from 'vitest';
import { AddressGuard } from './addresses.ts';
import { listedRegistries, type RegistryAccess } from './registry-access.ts';

const network: Readonly<Record<string, readonly string[]>> = {
  'public.example': ['203.0.113.9'],
  'storage.example': ['2001:db8::7'],
  'registry.lan': ['10.0.0.5'],
  'storage.lan': ['192.168.1.9'],
  'both.example': ['203.0.113.9', '10.0.0.5'],
  'machine.lan': ['127.0.1.1', '10.0.0.8'],
  'nat64.lan': ['64:ff9b::a00:5'],
  'nat64.example': ['64:ff9b::cb00:7109'],
  'sixto4.lan': ['2002:a00:5::1'],
  'metadata.example': ['64:ff9b::a9fe:a9fe'],
  localhost: ['127.0.0.1', '::1'],
};
const resolveHost = async (host: string) => network[host] ?? [];
const guardFor = (registry: string, access?: RegistryAccess) =>
  new AddressGuard(new URL(registry), resolveHost, access);

describe('a redirect', () => {
  it.each([
    ['public.example', 'storage.example', true],
    ['public.example', 'nat64.example', true],
    ['public.example', 'registry.lan', false],
    ['public.example', 'nat64.lan', false],
    ['public.example', 'sixto4.lan', false],
    ['public.example', '[::ffff:127.0.0.1]', false],
    ['public.example', 'localhost', false],
    ['both.example', 'storage.lan', false],
    ['registry.lan', 'storage.lan', true],
    ['registry.lan', 'sixto4.lan', true],
    ['registry.lan', 'storage.example', true],
    ['registry.lan', 'localhost', false],
    ['registry.lan', 'machine.lan', false],
    ['localhost', '127.0.0.2', true],
    ['localhost', '[::1]', true],
    ['localhost', 'storage.example', true],
    ['localhost', 'registry.lan', false],
    ['localhost', '0.0.0.0', true],
    ['machine.lan', 'localhost', true],
    ['machine.lan', 'storage.lan', true],
  ])('from %s to %s: %s', async (registry, target, isAllowed) => {
    const check = guardFor(`https://${registry}`).check(target);
    if (isAllowed) await expect(check).resolves.toBeUndefined();
    else await expect(check).rejects.toThrow(`refused a redirect from ${registry} to the`);
  });

  it.each(['169.254.169.254', 'metadata.example', '[fe80::1]'])('never leads to %s', async (host) => {
    for (const registry of ['public.example', 'registry.lan', 'localhost', 'metadata.example'])
      await expect(guardFor(`https://${registry}`).check(host)).rejects.toThrow(
        'it has a link-local address',
      );
  });
});

describe('a registry for a client on another machine', () => {
  const nobody = listedRegistries([]);

  it.each([
    'https://public.example',
    'https://nat64.example',
    'http://203.0.113.9:5000',
    'https://unknown.example',
  ])('may be %s', async (registry) => {
    await guardFor(registry, nobody).check(new URL(registry).hostname);
  });

  it.each([
    'https://registry.lan',
    'https://both.example',
    'https://nat64.lan',
    'https://sixto4.lan',
    'http://localhost:6379',
    'http://127.1',
    'http://[::]:80',
    'http://0x7f000001',
    'http://[::ffff:10.0.0.5]:5000',
  ])('may not be %s', async (registry) => {
    await expect(guardFor(registry, nobody).check(new URL(registry).hostname)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(/is not a public registry: .*OLLAMA_PRIVATE_REGISTRIES/),
    });
  });

  it.each([
    ['registry.lan', 'http://registry.lan:5000', true],
    ['Registry.LAN:5000', 'http://registry.lan:5000', true],
    ['registry.lan:5001', 'http://registry.lan:5000', false],
    ['*.lan', 'http://registry.lan', true],
    ['10.0.0.0/8', 'http://registry.lan', true],
    ['10.0.0.0/8', 'http://nat64.lan', true],
    ['10.0.0.0/8', 'http://sixto4.lan', true],
    ['10.0.0.0/8', 'http://storage.lan', false],
    ['10.0.0.0/8', 'http://machine.lan', false],
    ['10.0.0.5', 'http://10.0.0.5:5000', true],
    ['10.0.0.5:5000', 'http://10.0.0.5:5001', false],
    ['::1', 'http://[::1]:5000', true],
    ['other.lan', 'http://registry.lan', false],
    ['*', 'http://machine.lan', true],
    ['*', 'http://metadata.example', false],
  ])('with %s may be %s: %s', async (entry, registry, isAllowed) => {
    const check = guardFor(registry, listedRegistries([entry])).check(new URL(registry).hostname);
    if (isAllowed) await expect(check).resolves.toBeUndefined();
    else await expect(check).rejects.toThrow(/is not a public registry|link-local/);
  });

  it('is checked at each request, because its name may resolve to another address by then', async () => {
    const answers = [['203.0.113.9'], ['10.0.0.5']];
    const guard = new AddressGuard(
      new URL('https://rebound.example'),
      async () => answers.shift() ?? [],
      nobody,
    );
    await guard.check('rebound.example');
    await expect(guard.check('rebound.example')).rejects.toThrow('is not a public registry');
  });
});
