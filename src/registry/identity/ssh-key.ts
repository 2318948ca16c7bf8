import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { OllamaError } from '../../base/errors.ts';

const KEY_TYPE = 'ssh-ed25519';
const MAGIC = 'openssh-key-v1\0';
const PEM_LABEL = 'OPENSSH PRIVATE KEY';
const PEM_LINE_LENGTH = 70;
/** The block size that the format specifies for unencrypted keys. */
const PADDING_BLOCK = 8;
const SEED_BYTES = 32;

/** An ed25519 key with its public half in SSH's notation: base64 of the wire format (RFC 8709). */
export interface SshKey {
  readonly privateKey: KeyObject;
  readonly publicBlob: string;
}

export function generateSshKey(): SshKey {
  return sshKeyOf(generateKeyPairSync('ed25519').privateKey);
}

/** A line for `authorized_keys`, without a comment. */
export function publicKeyLine({ publicBlob }: SshKey): string {
  return `${KEY_TYPE} ${publicBlob}\n`;
}

/** OpenSSH's own format (PROTOCOL.key in OpenSSH), without passphrase or comment. */
export function encodePrivateKey(key: SshKey): string {
  const { seed, publicKey } = rawKeys(key.privateKey);
  const check = randomBytes(4);
  const secret = [
    check,
    check,
    field(KEY_TYPE),
    field(publicKey),
    field(Buffer.concat([seed, publicKey])),
    field(''),
  ];
  const length = secret.reduce((total, part) => total + part.length, 0);
  const missing = (PADDING_BLOCK - (length % PADDING_BLOCK)) % PADDING_BLOCK;
  secret.push(Buffer.from(Array.from({ length: missing }, (_, index) => index + 1)));
  const one = Buffer.from([0, 0, 0, 1]);
  const blob = Buffer.from(key.publicBlob, 'base64');
  const parts = [Buffer.from(MAGIC), field('none'), field('none'), field(''), one, field(blob)];
  const body = Buffer.concat([...parts, field(Buffer.concat(secret))]).toString('base64');
  const lines = body.match(new RegExp(`.{1,${PEM_LINE_LENGTH}}`, 'g')) ?? [];
  return `-----BEGIN ${PEM_LABEL}-----\n${lines.join('\n')}\n-----END ${PEM_LABEL}-----\n`;
}

/** @throws OllamaError `internal` stating why the text is not a usable ed25519 key */
export function parsePrivateKey(pem: string): SshKey {
  const body = new RegExp(`-----BEGIN ${PEM_LABEL}-----([A-Za-z0-9+/=\\s]+)-----END ${PEM_LABEL}-----`).exec(
    pem,
  );
  if (!body?.[1]) throw unusable('it is not in OpenSSH format');
  const reader = new FieldReader(Buffer.from(body[1], 'base64'));
  if (reader.bytes(MAGIC.length).toString() !== MAGIC) throw unusable('it is not in OpenSSH format');
  if (reader.field().toString() !== 'none') throw unusable('it has a passphrase');
  reader.field();
  reader.field();
  if (reader.number() !== 1) throw unusable('it does not contain exactly one key');
  reader.field();
  const secret = new FieldReader(reader.field());
  if (!secret.bytes(4).equals(secret.bytes(4))) throw unusable('it is damaged');
  if (secret.field().toString() !== KEY_TYPE) throw unusable('it is not an ed25519 key');
  const publicKey = secret.field();
  const seed = secret.field().subarray(0, SEED_BYTES);
  if (publicKey.length !== SEED_BYTES || seed.length !== SEED_BYTES) throw unusable('it is damaged');
  const key = sshKeyOf(privateKeyOf(seed, publicKey));
  if (!rawKeys(key.privateKey).publicKey.equals(publicKey)) throw unusable('it is damaged');
  return key;
}

function privateKeyOf(seed: Buffer, publicKey: Buffer): KeyObject {
  const key = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: seed.toString('base64url'),
    x: publicKey.toString('base64url'),
  };
  return createPrivateKey({ key, format: 'jwk' });
}

function sshKeyOf(privateKey: KeyObject): SshKey {
  const { publicKey } = rawKeys(privateKey);
  const blob = Buffer.concat([field(KEY_TYPE), field(publicKey)]);
  return { privateKey, publicBlob: blob.toString('base64') };
}

function rawKeys(privateKey: KeyObject): { seed: Buffer; publicKey: Buffer } {
  const { d = '' } = privateKey.export({ format: 'jwk' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { seed: Buffer.from(d, 'base64url'), publicKey: Buffer.from(x, 'base64url') };
}

/** A string in SSH's wire format: its length in four bytes, then its bytes (RFC 4251 section 5). */
function field(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

class FieldReader {
  readonly #source: Buffer;
  #position = 0;

  constructor(source: Buffer) {
    this.#source = source;
  }

  bytes(count: number): Buffer {
    const end = this.#position + count;
    if (end > this.#source.length) throw unusable('it is truncated');
    const bytes = this.#source.subarray(this.#position, end);
    this.#position = end;
    return bytes;
  }

  number(): number {
    return this.bytes(4).readUInt32BE();
  }

  field(): Buffer {
    return this.bytes(this.number());
  }
}

function unusable(reason: string): OllamaError {
  return new OllamaError('internal', `the private key cannot be used: ${reason}`);
}
