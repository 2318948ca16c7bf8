import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { ModelName } from '../../names/model-name.ts';
import type { Credential } from '../identity/credential.ts';
import { RegistryConnection } from '../transport/connection.ts';
import { huggingFaceOrigin, withHuggingFaceToken } from './hugging-face.ts';

const stored = (entries: Record<string, Credential>) => async (host: string) => entries[host];

describe('the Hugging Face token', () => {
  it('is the one stored under either name, otherwise the one in the environment', async () => {
    const find = withHuggingFaceToken(stored({ 'huggingface.co': { token: 'stored' } }), 'environment');
    expect(await find('hf.co')).toEqual({ token: 'stored' });
    expect(await find('huggingface.co')).toEqual({ token: 'stored' });
    const alone = withHuggingFaceToken(stored({}), ' environment\n');
    expect(await alone('HF.co')).toEqual({ token: 'environment' });
    expect(await alone('ghcr.io')).toBeUndefined();
    expect(await withHuggingFaceToken(stored({}), undefined)('hf.co')).toBeUndefined();
  });

  it('may be stored as the password of a user', async () => {
    const find = withHuggingFaceToken(stored({ 'hf.co': { username: 'ada', password: 'hf_x' } }), undefined);
    expect(await find('hf.co')).toEqual({ token: 'hf_x' });
  });

  it('is refused when it cannot be sent, without appearing in the error', async () => {
    const find = withHuggingFaceToken(stored({}), 'two\nlines');
    await expect(find('hf.co')).rejects.toThrow(
      /^HF_TOKEN: the token contains invalid characters: correct it/,
    );
  });
});

describe('recipients of the Hugging Face token', () => {
  interface Asked {
    readonly url: string;
    readonly authorization: string | undefined;
  }
  /** A service that refuses anonymous requests, and redirects all others. */
  const service = (refusal: number, target: string) => {
    const asked: Asked[] = [];
    const fake: typeof fetch = async (input, init) => {
      const authorization = new Headers(init?.headers).get('authorization') ?? undefined;
      const url = new URL(String(input));
      asked.push({ url: url.href, authorization });
      if (url.href === target) return new Response('bytes');
      if (authorization !== 'Bearer hf_x') return new Response('', { status: refusal });
      return new Response(null, { status: 302, headers: { Location: target } });
    };
    return { asked, fetch: fake };
  };
  const connect = (origin: string, fake: typeof fetch, insecure = false) =>
    new RegistryConnection(ModelName.parse('hf.co/user/repo:q'), {
      fetch: fake,
      clock: systemClock,
      resolveHost: async () => ['203.0.113.5'],
      userAgent: 'test',
      insecure,
      origin,
      identity: { credential: withHuggingFaceToken(stored({}), 'hf_x'), sign: async () => undefined },
    });
  const { signal } = new AbortController();

  it.each([401, 403])('after %s the service itself, but not the storage it redirects to', async (refusal) => {
    const target = 'https://storage.example/f.gguf';
    const { asked, fetch } = service(refusal, target);
    const response = await connect('https://hf.co', fetch).get('manifests/q', {}, signal);
    expect(await response.text()).toBe('bytes');
    const manifest = 'https://hf.co/v2/user/repo/manifests/q';
    expect(asked).toEqual([
      { url: manifest, authorization: undefined },
      { url: manifest, authorization: 'Bearer hf_x' },
      { url: target, authorization: undefined },
    ]);
  });

  it("the service's other name, but never over http", async () => {
    const target = 'https://huggingface.co/f';
    const { asked, fetch } = service(401, target);
    await connect('https://hf.co', fetch).get('manifests/q', {}, signal);
    expect(asked.at(-1)).toEqual({ url: target, authorization: 'Bearer hf_x' });
    const plain = service(401, target);
    const events = connect('http://hf.co', plain.fetch, true).get('manifests/q', {}, signal);
    await expect(events).rejects.toThrow(/unauthorized: access denied .*HF_TOKEN/);
    expect(plain.asked.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it('receive it once: a further 403 is reported unchanged', async () => {
    let asked = 0;
    const fake: typeof fetch = async () => {
      asked += 1;
      return new Response('{"error":"ask for access first"}', { status: 403 });
    };
    const reply = connect('https://hf.co', fake).get('manifests/q', {}, signal);
    await expect(reply).rejects.toThrow('403: ask for access first');
    expect(asked).toBe(2);
  });
});

const originOf = (name: string, insecure = false) => huggingFaceOrigin(ModelName.parse(name), insecure);

describe('a model with the short name of Hugging Face', () => {
  it('is requested under the long one, unless plain http is wanted', () => {
    expect(originOf('hf.co/ada/fox')).toBe('https://huggingface.co');
    expect(originOf('HF.CO/ada/fox')).toBe('https://huggingface.co');
    expect(originOf('hf.co/ada/fox', true)).toBeUndefined();
  });

  it('applies to no other host', () => {
    for (const name of ['huggingface.co/ada/fox', 'ghcr.io/ada/fox', 'hf.co.example/ada/fox', 'fox'])
      expect(originOf(name)).toBeUndefined();
  });
});
