/**
 * Hashes of blocks as vLLM computes them with `--prefix-caching-hash-algo sha256_cbor` (0.33, `v1/core/kv_cache_utils.py`): the
 * SHA-256 of a list in CBOR with the hash of the block before, the tokens, and what else separates prefixes.
 */
import { createHash } from 'node:crypto';

const UINT8 = 2 ** 8;
const UINT16 = 2 ** 16;

/** The major types of CBOR that occur, as the first three bits of a byte. */
const cbor = { integer: 0x00, bytes: 0x40, text: 0x60, list: 0x80 } as const;
const NULL = 0xf6;
/** Bits of the first byte that hold a short length, or say how many bytes it has. */
const [SHORT, ONE, TWO, FOUR] = [24, 24, 25, 26] as const;

/** The hash that stands for the block before the first one. @param seed as `PYTHONHASHSEED` of vLLM */
export function firstParent(seed: string): Buffer {
  return sha256(cborText(seed));
}

/**
 * @param parent the hash of the block before, or `firstParent`
 * @param salt of the first block; "" = none, as for all blocks that follow
 */
export function blockHash(parent: Uint8Array, tokens: readonly number[], salt: string): Buffer {
  const keys = salt === '' ? Buffer.of(NULL) : saltKeys(salt);
  const numbers = tokens.flatMap((token) => cborHead(cbor.integer, token));
  return sha256(
    Buffer.concat([
      Buffer.from([...cborHead(cbor.list, 3), ...cborHead(cbor.bytes, parent.length)]),
      parent,
      Buffer.from([...cborHead(cbor.list, tokens.length), ...numbers]),
      keys,
    ]),
  );
}

/** `[["cache_salt", salt]]` */
function saltKeys(salt: string): Buffer {
  const lists = [...cborHead(cbor.list, 1), ...cborHead(cbor.list, 2)];
  return Buffer.concat([Buffer.from(lists), cborText('cache_salt'), cborText(salt)]);
}

function cborText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(cborHead(cbor.text, bytes.length)), bytes]);
}

/** @param value a whole number from 0 to 2^32 - 1 */
function cborHead(type: number, value: number): number[] {
  if (value < SHORT) return [type | value];
  if (value < UINT8) return [type | ONE, value];
  if (value < UINT16) return [type | TWO, value >> 8, value & 0xff];
  return [type | FOUR, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
