import { OllamaError } from '../../../base/errors.ts';

/**
 * One field of a message in Protocol Buffers' wire format (https://protobuf.dev/programming-guides/encoding/): a number for
 * varints and fixed 32-bit values, the bytes of everything with a length. 64-bit values are skipped.
 */
export interface ProtobufField {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/** A varint of 64 bits has at most ten bytes. */
const VARINT_BYTES = 10;

/**
 * Walks the fields of a message without copying.
 * @throws OllamaError when the bytes are not such a message
 */
export function* protobufFields(bytes: Uint8Array): Generator<ProtobufField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let index = 0; index < VARINT_BYTES; index++) {
      const byte = bytes[at++];
      if (byte === undefined) throw damaged();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    throw damaged();
  };
  const advance = (count: number): number => {
    const start = at;
    if (count > bytes.length - at) throw damaged();
    at += count;
    return start;
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    if (number === 0) throw damaged();
    switch (key % 8) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        advance(8);
        break;
      case 2: {
        const length = varint();
        const start = advance(length);
        yield { number, value: bytes.subarray(start, start + length) };
        break;
      }
      case 5:
        yield { number, value: view.getUint32(advance(4), true) };
        break;
      default:
        throw damaged();
    }
  }
}

/** The float whose bits a fixed 32-bit field holds. */
export function floatOfBits(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0;
}

function damaged(): OllamaError {
  return new OllamaError('invalid-request', 'tokenizer.model is damaged: download it again');
}
