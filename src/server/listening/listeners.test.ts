import { describe, expect, it } from 'vitest';
import { readConfig } from '../../config/config.ts';
import { inheritedSockets } from './inherited-sockets.ts';
import { chooseListeners, listenerText } from './listeners.ts';

const textsOf = (environment: Record<string, string>, service: Record<string, string> = {}) => {
  const { config } = readConfig({ HOME: '/h', ...environment });
  return chooseListeners(config, inheritedSockets(service, 7)).map(listenerText);
};
const certificate = { OLLAMA_TLS_CERT: '/cert.pem' };

describe('chooseListeners', () => {
  it('takes OLLAMA_HOST, unless OLLAMA_LISTEN or the service manager names others', () => {
    expect(textsOf({})).toEqual(['http://127.0.0.1:11434']);
    expect(textsOf({ OLLAMA_HOST: 'unix:///a.sock' })).toEqual(['unix:///a.sock']);
    expect(textsOf({ OLLAMA_HOST: 'x', OLLAMA_LISTEN: '[::1]:1,unix:///a.sock' })).toEqual([
      'http://[::1]:1',
      'unix:///a.sock',
    ]);
    const service = { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'ollama.socket:https' };
    expect(textsOf({ OLLAMA_HOST: 'x', ...certificate }, service)).toEqual([
      'http socket "ollama.socket" (descriptor 3)',
      'https socket "https" (descriptor 4)',
    ]);
    expect(textsOf({ OLLAMA_LISTEN: ':1', ...certificate }, service)).toHaveLength(3);
  });

  it.each([
    [{ OLLAMA_HOST: 'https://0.0.0.0:1' }, 'https://0.0.0.0:1 needs a certificate: set OLLAMA_TLS_CERT'],
    [{ OLLAMA_LISTEN: 'https://0.0.0.0:1' }, 'needs a certificate'],
    [certificate, 'OLLAMA_TLS_CERT is set, but no address uses TLS'],
    [{ OLLAMA_TLS_CLIENT_CA: '/ca.pem' }, 'OLLAMA_TLS_CLIENT_CA is set, but no address uses TLS'],
    [{ OLLAMA_LISTEN: ':1,ftp://x' }, 'OLLAMA_LISTEN: "ftp://x": "ftp" is not one of'],
    [{ OLLAMA_HOST: 'unix://x' }, 'OLLAMA_HOST: "unix://x": the path of a socket must be absolute'],
    [{ OLLAMA_LISTEN: ':1,http://:1' }, 'OLLAMA_LISTEN: http://:1 comes twice'],
    [{ OLLAMA_LISTEN: 'unix:///a,unix:///a?mode=0666' }, 'unix:///a comes twice'],
  ])('refuses %j', (environment, reason) => {
    expect(() => textsOf(environment)).toThrow(reason);
  });
});

describe('inheritedSockets', () => {
  it('ignores sockets of another process, and names those that have no name', () => {
    expect(inheritedSockets({ LISTEN_PID: '8', LISTEN_FDS: '1' }, 7)).toEqual([]);
    expect(inheritedSockets({ LISTEN_FDS: '1' }, 7)).toEqual([]);
    expect(inheritedSockets({ LISTEN_PID: '7', LISTEN_FDS: '1' }, 7)).toEqual([
      { kind: 'inherited', descriptor: 3, name: 'unknown', isSecure: false },
    ]);
    expect(inheritedSockets({ LISTEN_PID: '7', LISTEN_FDS: '0' }, 7)).toEqual([]);
  });

  it.each(['', '-1', '65', '1e3', 'x'])('refuses %j as a number of sockets', (count) => {
    expect(() => inheritedSockets({ LISTEN_PID: '7', LISTEN_FDS: count }, 7)).toThrow('LISTEN_FDS');
  });
});
