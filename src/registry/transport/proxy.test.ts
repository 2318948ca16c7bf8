import { describe, expect, it } from 'vitest';
import { bypassesProxy } from './no-proxy.ts';
import { proxyFor } from './proxy.ts';

const proxy = 'http://proxy.example:3128';
const find = (url: string, environment: Record<string, string>) => proxyFor(new URL(url), environment);

describe('the proxy of a request', () => {
  it('depends on the scheme of the URL, upper case before lower case', () => {
    const both = { HTTPS_PROXY: 'http://a.example:1', HTTP_PROXY: 'http://b.example:2' };
    expect(find('https://r.example/v2/', both)).toEqual({
      origin: 'http://a.example:1',
      variable: 'HTTPS_PROXY',
    });
    expect(find('http://r.example/v2/', both)?.origin).toBe('http://b.example:2');
    expect(find('https://r.example/', { https_proxy: proxy })?.origin).toBe(proxy);
    expect(find('https://r.example/', { https_proxy: proxy, HTTPS_PROXY: 'http://c.example' })?.origin).toBe(
      'http://c.example',
    );
    expect(find('https://r.example/', { HTTP_PROXY: proxy })).toBeUndefined();
    expect(find('https://r.example/', { HTTPS_PROXY: ' ' })).toBeUndefined();
  });

  it('may lack a scheme, or use TLS itself', () => {
    expect(find('https://r.example/', { HTTPS_PROXY: 'proxy.example:3128' })?.origin).toBe(proxy);
    expect(find('https://r.example/', { HTTPS_PROXY: 'https://proxy.example' })?.origin).toBe(
      'https://proxy.example',
    );
  });

  it('keeps user and password out of its origin, decoded for the header', () => {
    const found = find('https://r.example/', { HTTPS_PROXY: 'http://us%40er:p%3Aw%2F@proxy.example:3128' });
    expect(found?.origin).toBe(proxy);
    expect(Buffer.from(found?.authorization?.slice(6) ?? '', 'base64').toString()).toBe('us@er:p:w/');
    const withoutPassword = find('https://r.example/', { HTTPS_PROXY: 'http://user@proxy.example' });
    expect(withoutPassword?.authorization).toBe(`Basic ${Buffer.from('user:').toString('base64')}`);
  });

  it.each(['socks5://secret@p.example', 'http://', 'http://u:%zz@secret.example', 'http://secret:99999999'])(
    'is refused as %s without quoting it',
    (address) => {
      const attempt = () => find('https://r.example/', { HTTPS_PROXY: address });
      expect(attempt).toThrow(/HTTPS_PROXY is not the URL of an HTTP proxy/);
      expect(attempt).not.toThrow(/secret/);
    },
  );
});

describe('NO_PROXY', () => {
  it.each<[url: string, list: string, bypasses: boolean]>([
    ['https://r.example/', '', false],
    ['https://r.example/', '*', true],
    ['https://r.example/', 'a.example, *', true],
    ['https://r.example/', 'r.example', true],
    ['https://R.Example/', 'r.EXAMPLE', true],
    ['https://sub.r.example/', 'r.example', true],
    ['https://r.example/', '.r.example', false],
    ['https://sub.r.example/', '.r.example', true],
    ['https://sub.r.example/', '*.r.example', true],
    ['https://r.example/', '*.r.example', false],
    ['https://notr.example/', 'r.example', false],
    ['https://r.example/', 'r.example:443', true],
    ['https://r.example/', 'r.example:80', false],
    ['http://r.example/', 'r.example:80', true],
    ['https://r.example:5000/', 'r.example:5000', true],
    ['https://r.example:5000/', 'r.example', true],
    ['https://r.example/', ':443', false],
    ['https://10.1.2.3/', '10.0.0.0/8', true],
    ['https://11.1.2.3/', '10.0.0.0/8', false],
    ['https://10.1.2.3/', '10.0.0.0/99', false],
    ['https://r.example/', '10.0.0.0/8', false],
    ['https://10.1.2.3/', '10.1.2.3', true],
    ['https://10.1.2.3:5000/', '10.1.2.3:5000', true],
    ['https://10.1.2.3:5000/', '10.1.2.3:443', false],
    ['https://[2001:db8::5]/', '2001:db8::/32', true],
    ['https://[2001:db8::5]/', '2001:db8:0::5', true],
    ['https://[2001:db8::5]:5000/', '[2001:db8::5]:5000', true],
    ['https://[2001:db8::5]:5000/', '[2001:db8::5]:443', false],
    ['https://[2001:db9::5]/', '2001:db8::/32', false],
    ['http://localhost:5000/', '', true],
    ['http://127.3.2.1/', '', true],
    ['http://[::1]/', '', true],
    ['http://[::ffff:127.0.0.1]/', '', true],
    ['http://localhost.example/', '', false],
  ])('for %s with "%s": direct = %s', (url, list, bypasses) => {
    expect(bypassesProxy(new URL(url), list)).toBe(bypasses);
    const environment = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, no_proxy: list };
    expect(find(url, environment) === undefined).toBe(bypasses);
  });
});
