/** The beginning of a connection of ZMTP 3.0: both sides send 64 bytes, then a command about their sockets. */
import { encodeCommand } from './frames.ts';

export const GREETING_BYTES = 64;
const MAJOR = 3;
const MECHANISM_AT = 12;
const MECHANISM_END = 32;

/** Version 3.0, without authentication: with 3.1, peers would subscribe by commands. */
export function greeting(): Buffer {
  const bytes = Buffer.alloc(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = MAJOR;
  bytes.write('NULL', MECHANISM_AT, 'latin1');
  return bytes;
}

/** Whether the greeting of a peer is one that we can talk to. */
export function isUsableGreeting(bytes: Buffer): boolean {
  const mechanism = bytes.toString('latin1', MECHANISM_AT, MECHANISM_END).replace(/\0+$/, '');
  return bytes[0] === 0xff && bytes[9] === 0x7f && (bytes[10] ?? 0) >= MAJOR && mechanism === 'NULL';
}

/** The command that says what kind of socket ours is. */
export function ready(socketType: 'PUB' | 'ROUTER'): Buffer {
  return encodeCommand('READY', property('Socket-Type', socketType));
}

function property(name: string, value: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([Buffer.of(name.length), Buffer.from(name), length, Buffer.from(value)]);
}
