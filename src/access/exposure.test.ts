import { describe, expect, it } from 'vitest';
import { parseHost } from '../config/host.ts';
import { isExposed } from './exposure.ts';

describe('a server is exposed', () => {
  it.each<[host: string, listen: string[], authority: string, expected: boolean]>([
    ['', [], '', false],
    ['localhost', [], '', false],
    ['127.0.0.2:80', [], '', false],
    ['[::1]', [], '', false],
    ['0.0.0.0', [], '', true],
    [':11434', [], '', true],
    ['[::]:1', [], '', true],
    ['192.168.1.5', [], '', true],
    ['unix:///run/o.sock', [], '', false],
    ['0.0.0.0', ['127.0.0.1:1', 'unix:///run/o.sock'], '', false],
    ['', ['127.0.0.1:1', '10.0.0.1:1'], '', true],
    ['', ['https://0.0.0.0:1'], '', true],
    ['', ['https://0.0.0.0:1'], '/authority.pem', false],
    ['', ['http://0.0.0.0:1'], '/authority.pem', true],
    ['', ['ftp://nowhere'], '', false],
  ])(
    'at OLLAMA_HOST %j and OLLAMA_LISTEN %j with the authority %j: %j',
    (host, listen, authority, expected) => {
      const { address } = parseHost(host);
      expect(isExposed({ host: address, listen, tlsClientAuthority: authority })).toBe(expected);
    },
  );
});
