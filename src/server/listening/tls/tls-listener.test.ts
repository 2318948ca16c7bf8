import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { ServerResponse } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectSecurely } from 'node:tls';
import { Hono } from 'hono';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/fakes/fake-clock.ts';
import {
  CertificateFolder,
  type CertificatePaths,
} from '../../../../test/fakes/servers/certificate-files.ts';
import type { LogFields, Logger } from '../../../base/logger.ts';
import { STALLED_REPLY_MS, StalledReplies } from '../../connections/stalled-replies.ts';
import { type ListeningServer, type ListenOptions, listenEverywhere } from '../../serve.ts';
import type { ServerEnvironment } from '../../server-parts.ts';
import { type Arrival, arrivalOf } from '../arrivals.ts';
import { ServedCertificate } from './served-certificate.ts';

let certificates: CertificateFolder;
let folder: string;
let server: CertificatePaths;
let client: CertificatePaths;
let listening: ListeningServer | undefined;
let certificate: ServedCertificate | undefined;
let lines: { message: string; fields?: LogFields | undefined }[] = [];
let arrival: Arrival | undefined;
let onSlowRequest: () => void = () => undefined;
let onReply: (reply: ServerResponse) => void = () => undefined;

const note = (message: string, fields?: LogFields) => void lines.push({ message, fields });
const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-tls-'));
  certificates = await CertificateFolder.create(folder);
  [server, client] = [await certificates.write('server'), await certificates.write('client')];
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  lines = [];
});
afterEach(async () => {
  await listening?.close(0);
  certificate?.stop();
});

async function open(clientAuthority?: string, options: ListenOptions = {}): Promise<number> {
  const app = new Hono<ServerEnvironment>();
  app.all('/', (context) => {
    const socket = context.env.incoming?.socket;
    arrival = socket && arrivalOf(socket);
    return context.text('served');
  });
  app.all('/slow', async (context) => {
    onSlowRequest();
    await pause(50);
    return context.text('served');
  });
  app.all('/large', (context) => {
    const { outgoing } = context.env;
    if (outgoing instanceof ServerResponse) onReply(outgoing);
    return new Response(Buffer.alloc(24 * 1024 * 1024));
  });
  const files = {
    certificate: server.cert,
    key: server.key,
    ...(clientAuthority !== undefined && { clientAuthority }),
  };
  certificate = await ServedCertificate.open({ files, clock: new FakeClock(), logger });
  const address = { kind: 'tcp', isSecure: true, host: '127.0.0.1', port: 0 } as const;
  listening = await listenEverywhere(app, [address], { certificate, logger, ...options });
  return listening.port;
}

/** @returns the text, or the code of the error */
async function ask(port: number, options: RequestOptions = {}): Promise<string> {
  const ca = await readFile(certificates.authority);
  return new Promise((resolve) => {
    const outgoing = request({ port, host: '127.0.0.1', ca, agent: false, ...options }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (piece) => {
        text += piece;
      });
      incoming.on('end', () => resolve(text));
      incoming.on('error', ({ message }) => resolve(message));
    });
    outgoing.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    outgoing.end();
  });
}

const filesOf = async ({ cert, key }: CertificatePaths) => ({
  cert: await readFile(cert),
  key: await readFile(key),
});

describe('a TLS listener', () => {
  it('serves those who trust its authority, over TLS 1.2 and 1.3, and no older version', async () => {
    const port = await open();
    expect(listening?.url).toBe(`https://127.0.0.1:${port}`);
    expect(await ask(port)).toBe('served');
    expect(arrival).toEqual({ isUnix: false, needsLocalName: true });
    expect(await ask(port, { ca: undefined })).toMatch(/^(?:UNABLE_TO_|SELF_SIGNED)/);
    expect(await ask(port, { maxVersion: 'TLSv1.2' })).toBe('served');
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const;
    expect(await ask(port, old)).toBe('EPROTO');
  });

  it('accepts only clients of the authority that it was told', async () => {
    const port = await open(certificates.authority);
    expect(await ask(port, await filesOf(client))).toBe('served');
    expect(await ask(port)).not.toBe('served');
    const others = await CertificateFolder.create(join(folder, 'others'));
    expect(await ask(port, await filesOf(await others.write('stranger')))).not.toBe('served');
    const old = await filesOf(await certificates.write('expired', { days: -1 }));
    expect(await ask(port, old)).not.toBe('served');
    const reasons = lines
      .filter(({ message }) => message.startsWith('TLS handshake'))
      .map(({ fields }) => fields?.reason);
    expect(reasons).toEqual([
      'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
      expect.stringMatching(/^(?:SELF_SIGNED|UNABLE_TO_)/),
      'CERT_HAS_EXPIRED',
    ]);
    expect(await ask(port, await filesOf(client))).toBe('served');
  });

  it('tells a client that speaks plain HTTP what is wrong, and survives one that speaks neither', async () => {
    const port = await open();
    const plain = connect(port, '127.0.0.1');
    plain.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [reply] = await once(plain, 'data');
    expect(String(reply)).toMatch(/^HTTP\/1\.1 400 (?:.|\r\n)*this port speaks HTTPS only/);
    for (const bytes of [
      '\x16\x03\x01',
      '\0'.repeat(5000),
      'SSH-2.0-x\r\n',
      'PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n',
    ]) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      socket.write(bytes);
      await pause(20);
      socket.resetAndDestroy();
    }
    expect(await ask(port)).toBe('served');
  });

  it('counts connections whose handshake is not complete, and closes the oldest for newer ones', async () => {
    const port = await open(undefined, { bounds: { connections: 8, waiting: 4 } });
    const silent = Array.from({ length: 12 }, () => connect(port, '127.0.0.1'));
    let closed = 0;
    for (const socket of silent)
      socket
        .on('error', () => undefined)
        .on('close', () => (closed += 1))
        .resume();
    await expect.poll(() => closed).toBeGreaterThanOrEqual(8);
    expect(await ask(port)).toBe('served');
    for (const socket of silent) socket.destroy();
  });

  it('counts a connection once, however many clients shake hands', async () => {
    const port = await open(undefined, { bounds: { connections: 8, waiting: 4 } });
    for (let round = 0; round < 30; round++) expect(await ask(port)).toBe('served');
  });

  it('closes with a handshake in progress, and answers a running request first', async () => {
    const port = await open();
    const silent = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(silent, 'connect');
    const arrived = new Promise<void>((resolve) => {
      onSlowRequest = resolve;
    });
    const answer = ask(port, { path: '/slow' });
    await arrived;
    await listening?.close(10_000);
    expect(await answer).toBe('served');
  });

  it('ends a request whose header does not arrive', async () => {
    const port = await open(undefined, { headerLimitMs: 100 });
    const ca = await readFile(certificates.authority);
    const socket = connectSecurely({ port, host: '127.0.0.1', ca });
    await once(socket, 'secureConnect');
    socket.write('GET / HTTP/1.1\r\n');
    const [reply] = await once(socket, 'data');
    expect(String(reply)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('cuts off a reply of which nothing is taken, and no other', async () => {
    const running = new Set<ServerResponse>();
    onReply = (reply) => running.add(reply);
    const port = await open();
    const ca = await readFile(certificates.authority);
    const clients = ['stalled', 'read'].map((kind) => {
      const socket = connectSecurely({ port, host: '127.0.0.1', ca }).on('error', () => undefined);
      socket.write('GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n');
      if (kind === 'read') socket.resume();
      return socket;
    });
    await expect.poll(() => running.size).toBe(2);
    const lengths = () =>
      [...running].map(({ socket }) => socket?.writableLength ?? 0).filter((length) => length > 0);
    await expect.poll(() => lengths().length).toBe(1);
    const stalled = new StalledReplies(running, logger);
    stalled.look(0);
    stalled.look(STALLED_REPLY_MS);
    await expect.poll(() => [...running].filter(({ destroyed }) => destroyed).length).toBe(1);
    expect(lines.filter(({ message }) => message.startsWith('reply cut off'))).toHaveLength(1);
    for (const socket of clients) socket.destroy();
  });

  it('answers pipelined requests in turn', async () => {
    const port = await open();
    const ca = await readFile(certificates.authority);
    const socket = connectSecurely({ port, host: '127.0.0.1', ca });
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes;
    });
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(500));
    await expect.poll(() => text.match(/served/g)?.length).toBe(500);
    socket.destroy();
  });
});
