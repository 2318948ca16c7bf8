import { describe, expect, it } from 'vitest';
import { connectableUrl, hostUrl, parseHost } from './host.ts';

describe('parseHost', () => {
  it.each([
    ['', 'http://127.0.0.1:11434'],
    ['1.2.3.4', 'http://1.2.3.4:11434'],
    ['1.2.3.4:1234', 'http://1.2.3.4:1234'],
    [':1234', 'http://:1234'],
    ['::1', 'http://[::1]:11434'],
    ['[::1]', 'http://[::1]:11434'],
    ['[::1]:80', 'http://[::1]:80'],
    ['http://x', 'http://x:80'],
    ['https://x', 'https://x:443'],
    ['https://x:8443/', 'https://x:8443'],
    ['ollama.com', 'https://ollama.com:443'],
    ['example.com/ollama', 'http://example.com:11434/ollama'],
    ['example.com:56789/a/b', 'http://example.com:56789/a/b'],
    ['0.0.0.0:0', 'http://0.0.0.0:0'],
    ['unix:///run/ollama.sock', 'unix:///run/ollama.sock'],
    ['unix:///run/ollama.sock?mode=0660&group=ollama', 'unix:///run/ollama.sock?mode=0660&group=ollama'],
  ])('reads %j as %s', (text, url) => {
    const { address, warning } = parseHost(text);
    expect(hostUrl(address)).toBe(url);
    expect(warning).toBeUndefined();
  });

  it.each([
    ['http://x:66000', 'http://x:80'],
    ['x:-1', 'http://x:11434'],
    ['x:', 'http://x:11434'],
    ['x:1e3', 'http://x:11434'],
  ])('warns about the port in %j and uses the default', (text, url) => {
    const { address, warning } = parseHost(text);
    expect(hostUrl(address)).toBe(url);
    expect(warning).toContain('is not a port');
  });
});

describe('connectableUrl', () => {
  it.each([
    ['unix:///run/ollama.sock?mode=0660', 'unix:///run/ollama.sock'],
    ['https://127.0.0.1:8443', 'https://127.0.0.1:8443'],
    [':1234', 'http://127.0.0.1:1234'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['[::]:5', 'http://[::1]:5'],
    ['10.0.0.1', 'http://10.0.0.1:11434'],
  ])('turns the listening address %j into %s', (text, url) => {
    expect(connectableUrl(parseHost(text).address)).toBe(url);
  });
});
