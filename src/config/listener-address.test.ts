import { describe, expect, it } from 'vitest';
import { parseHost } from './host.ts';
import { hostListener, parseListenerAddress, parseListeners } from './listener-address.ts';
import { parseUnixAddress } from './unix-address.ts';

const tcp = (host: string, port: number, isSecure = false) => ({ kind: 'tcp', host, port, isSecure });

describe('parseListenerAddress', () => {
  it.each([
    ['127.0.0.1', tcp('127.0.0.1', 11434)],
    ['0.0.0.0:80', tcp('0.0.0.0', 80)],
    [':8080', tcp('', 8080)],
    ['[::1]:0', tcp('::1', 0)],
    ['http://10.0.0.1:11434', tcp('10.0.0.1', 11434)],
    ['https://[::]:8443', tcp('::', 8443, true)],
    ['https://box.lan', tcp('box.lan', 443, true)],
    ['unix:///run/a.sock', { kind: 'unix', path: '/run/a.sock', mode: 0o600 }],
    ['unix:///run/a.sock?group=users', { kind: 'unix', path: '/run/a.sock', mode: 0o660, group: 'users' }],
    [
      'unix:///run/a.sock?mode=0666&group=100',
      { kind: 'unix', path: '/run/a.sock', mode: 0o666, group: '100' },
    ],
  ])('reads %s', (text, address) => {
    expect(parseListenerAddress(text)).toEqual(address);
  });

  it.each([
    ['ftp://x:1', '"ftp" is not one of http, https and unix'],
    ['127.0.0.1:99999', 'is not a port'],
    ['127.0.0.1:11434/v1', 'a server has no path'],
    ['unix://run/a.sock', 'must be absolute'],
    ['unix:///run/', 'not the path of a file'],
    ['unix:///a.sock?mode=9', 'is not an octal number such as 0660'],
    ['unix:///a.sock?mode=7777', 'is not an octal number such as 0660'],
    ['unix:///a.sock?owner=me', '"owner" is not one of mode and group'],
    ['unix:///a.sock?group=', 'is not the name of a group'],
    ['unix:///a.sock?group=a/b', 'is not the name of a group'],
  ])('refuses %s and says why', (text, reason) => {
    expect(() => parseListenerAddress(text)).toThrow(reason);
    expect(() => parseListenerAddress(text)).toThrow(`"${text}"`);
  });

  it('counts the bytes of a path as the system does', () => {
    const longest = `/${'é'.repeat(process.platform === 'linux' ? 53 : 51)}`;
    expect(parseListenerAddress(`unix://${longest}`)).toMatchObject({ path: longest });
    expect(() => parseListenerAddress(`unix://${longest}a`)).toThrow(/a socket may have at most 10\d/);
  });
});

it('takes the address of OLLAMA_HOST without the path of clients', () => {
  expect(hostListener(parseHost('https://0.0.0.0:8443/behind/a/proxy').address)).toEqual(
    tcp('0.0.0.0', 8443, true),
  );
  expect(hostListener(parseHost('unix:///run/a.sock?mode=0640').address)).toMatchObject({ mode: 0o640 });
});

it('keeps a list that has a mistake, so that the server can refuse to start', () => {
  expect(parseListeners('127.0.0.1:1, unix:///a.sock', [])).toEqual({
    value: ['127.0.0.1:1', 'unix:///a.sock'],
  });
  expect(parseListeners('127.0.0.1:1,ftp://x', [])).toEqual({
    value: ['127.0.0.1:1', 'ftp://x'],
    warning: expect.stringContaining('ftp'),
  });
  expect(parseListeners(Array.from({ length: 65 }, (_, port) => `:${port}`).join(','), []).warning).toMatch(
    /more than 64/,
  );
});

it('refuses socket files on Windows, which Node does not know there', () => {
  const parse = () => parseUnixAddress('unix:///run/a.sock', 'win32');
  expect(parse).toThrow(/^"unix:\/\/\/run\/a\.sock": socket files are not supported on Windows: use a port/);
});
