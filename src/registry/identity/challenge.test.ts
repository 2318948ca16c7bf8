import { describe, expect, it } from 'vitest';
import { asksForBasic, parseBearerChallenge, tokenUrl } from './challenge.ts';

const registry = new URL('https://registry.example/v2/library/x/');
const challenge = (realm: string) => ({ realm, service: 's', scopes: ['a', 'b'] });

describe('the realm', () => {
  it('receives service and scopes', () => {
    const url = tokenUrl(challenge('https://registry.example/token?x=1'), registry);
    expect(url.href).toBe('https://registry.example/token?x=1&service=s&scope=a&scope=b');
  });

  it('may be another https host only if the caller allows it', () => {
    const elsewhere = challenge('https://auth.example/token');
    expect(() => tokenUrl(elsewhere, registry)).toThrow('does not match original host "registry.example"');
    expect(tokenUrl(elsewhere, registry, true).host).toBe('auth.example');
    expect(() => tokenUrl(challenge('http://auth.example/token'), registry, true)).toThrow('does not match');
    const insecure = new URL('http://registry.example/');
    expect(() => tokenUrl(elsewhere, insecure, true)).toThrow('does not match original host');
  });

  it('is never asked over http unless the registry is', () => {
    const realm = challenge('http://registry.example/token');
    expect(() => tokenUrl(realm, registry)).toThrow('realm protocol "http:" does not match "https:"');
    expect(() => tokenUrl(realm, registry, true)).toThrow('realm protocol "http:" does not match "https:"');
  });

  it('is asked without the user name and password in its URL', () => {
    const url = tokenUrl(challenge('https://a:b@registry.example/token#x'), registry);
    expect(url.href).toBe('https://registry.example/token?service=s&scope=a&scope=b');
  });
});

describe('a challenge', () => {
  it('is parsed with and without quotes', () => {
    const header = 'bearer realm="https://r/t",service=s,scope="repository:a/b:pull,push other"';
    expect(parseBearerChallenge(header)).toEqual({
      realm: 'https://r/t',
      service: 's',
      scopes: ['repository:a/b:pull,push', 'other'],
    });
  });

  it.each([
    null,
    '',
    'Basic realm="x"',
    'Bearer',
    'Bearer service="s"',
    `Bearer realm="${'x'.repeat(5000)}"`,
  ])('that is invalid is ignored: %s', (header) => expect(parseBearerChallenge(header)).toBeUndefined());

  it('may ask for a password', () => {
    const headers = ['Basic realm="x"', 'basic', 'Basically', 'Bearer realm="x"', null];
    expect(headers.map(asksForBasic)).toEqual([true, true, false, false, false]);
  });
});
