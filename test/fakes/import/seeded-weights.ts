/** Weights from a seed: the same bytes as `scripts/import-reference/seeded_weights.py` makes, which explains them. */

/** Name, element type and shape (the slowest dimension first) of a tensor in a safetensors file. */
export type SeededTensor = readonly [name: string, type: string, shape: readonly number[]];

const typeBytes: Readonly<Record<string, number>> = { U8: 1, F8_E4M3: 1, F16: 2, BF16: 2, F32: 4, I64: 8 };

/** A safetensors file whose header names the tensors in the order given. The data follows in the same order. */
export function seededSafetensors(tensors: readonly SeededTensor[]): Buffer {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let place = 0;
  for (const tensor of tensors) {
    const [name, dtype, shape] = tensor;
    const size = elements(shape) * (typeBytes[dtype] ?? 0);
    header[name] = { dtype, shape, data_offsets: [place, place + size] };
    place += size;
  }
  const text = JSON.stringify(header);
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, Buffer.from(padded), ...tensors.map(seededBytes)]);
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function seededBytes([name, type, shape]: SeededTensor): Buffer {
  const count = elements(shape);
  const bytes = Buffer.alloc(count * (typeBytes[type] ?? 0));
  const seed = nameSeed(name);
  const isScale = name.includes('scale');
  const write = writers[type];
  if (write === undefined) throw new Error(`no weights of type ${type}`);
  for (let index = 0; index < count; index++) write(bytes, index, hash(seed, index), isScale);
  return bytes;
}

type Write = (bytes: Buffer, index: number, bits: number, isScale: boolean) => void;

const writers: Readonly<Record<string, Write>> = {
  U8: (bytes, index, bits, isScale) => {
    bytes[index] = isScale ? 118 + (bits & 3) : bits & 0xff;
  },
  F8_E4M3: (bytes, index, bits, isScale) => {
    bytes[index] = (signOf(bits, isScale) << 7) | (bits & 0x3f);
  },
  F16: (bytes, index, bits, isScale) => {
    const value = (signOf(bits, isScale) << 15) | ((10 + stepOf(bits)) << 10) | ((bits >>> 10) & 0x3ff);
    bytes.writeUInt16LE(value, index * 2);
  },
  BF16: (bytes, index, bits, isScale) => {
    bytes.writeUInt16LE(highBits(bits, isScale), index * 2);
  },
  F32: (bytes, index, bits, isScale) => {
    bytes.writeUInt32LE(((highBits(bits, isScale) << 16) | ((bits >>> 10) & 0xffff)) >>> 0, index * 4);
  },
  I64: (bytes, index) => {
    bytes.writeBigInt64LE(BigInt(index), index * 8);
  },
};

function signOf(bits: number, isScale: boolean): number {
  return isScale ? 0 : bits >>> 31;
}

/** Which of four exponents a float has. */
function stepOf(bits: number): number {
  return (bits >>> 8) & 3;
}

function highBits(bits: number, isScale: boolean): number {
  return (signOf(bits, isScale) << 15) | ((122 + stepOf(bits)) << 7) | (bits & 0x7f);
}

function nameSeed(name: string): number {
  let seed = 0x811c9dc5;
  for (const byte of Buffer.from(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  return seed >>> 0;
}

function hash(seed: number, index: number): number {
  let value = (seed + Math.imul(index, 0x9e3779b9)) >>> 0;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b) >>> 0;
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35) >>> 0;
  return (value ^ (value >>> 16)) >>> 0;
}
