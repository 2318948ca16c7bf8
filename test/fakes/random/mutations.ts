/** Damages files the way that hostile or broken programs do. */

/** A number in a file: the place and size of what a parser trusts. */
export interface NumberField {
  readonly at: number;
  readonly bytes: 1 | 2 | 4 | 8;
}

/** Numbers at the edges of what programs add, multiply or allocate. */
const edges = [
  0n,
  1n,
  2n,
  3n,
  31n,
  32n,
  33n,
  0x7fn,
  0x80n,
  0xffn,
  0xffffn,
  0x10000n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

const MOST_CHANGES = 4;
const LONGEST_PART = 64;

/** @param fields if given, half of the changes hit one of these numbers */
export function mutated(
  bytes: Uint8Array,
  random: () => number,
  fields: readonly NumberField[] = [],
): Uint8Array {
  // Not a slice: that of a Buffer shares its memory.
  let result: Uint8Array = new Uint8Array(bytes);
  const changes = 1 + below(MOST_CHANGES, random);
  for (let change = 0; change < changes; change++) {
    const field = fields[below(fields.length, random)];
    // A change of the length would move the fields, so they are hit first.
    if (field && random() < 0.5 && result.length === bytes.length) setNumber(result, field, random);
    else result = damaged(result, random);
  }
  return result;
}

function setNumber(bytes: Uint8Array, { at, bytes: size }: NumberField, random: () => number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let value = 0n;
  for (let index = size - 1; index >= 0; index--) value = (value << 8n) | BigInt(view.getUint8(at + index));
  const edge = edges[below(edges.length, random)] ?? 0n;
  const choices = [edge, value + 1n, value - 1n, value * 2n, value ^ (1n << BigInt(below(8 * size, random)))];
  let next = choices[below(choices.length, random)] ?? 0n;
  for (let index = 0; index < size; index++, next >>= 8n) view.setUint8(at + index, Number(next & 0xffn));
}

function damaged(bytes: Uint8Array, random: () => number): Uint8Array {
  if (bytes.length === 0) return bytes;
  const at = below(bytes.length, random);
  const length = 1 + below(Math.min(LONGEST_PART, Math.max(1, bytes.length - at)), random);
  const part = bytes.subarray(at, at + length);
  const before = bytes.subarray(0, at);
  const result = new Uint8Array(bytes);
  switch (below(6, random)) {
    case 0:
      return before.slice();
    case 1:
      return joined(before, bytes.subarray(at + length));
    case 2:
      return joined(before, part, bytes.subarray(at));
    case 3:
      for (let index = at; index < at + length; index++) result[index] = below(256, random);
      return result;
    case 4:
      return result.fill(random() < 0.5 ? 0 : 0xff, at, at + length);
    default:
      result[at] = (result[at] ?? 0) ^ (1 << below(8, random));
      return result;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function below(count: number, random: () => number): number {
  return Math.floor(random() * count);
}

/** Bytes of GGUF's value types, by number; 8 is a text and 9 an array. */
const sizes: Readonly<Record<number, 1 | 2 | 4 | 8>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

/** All counts, lengths, types, dimensions and offsets of a valid little-endian GGUF file, and its scalar values. */
export function ggufNumbers(file: Uint8Array): NumberField[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const fields: NumberField[] = [];
  let at = 4;
  const number = (bytes: 1 | 2 | 4 | 8): number => {
    fields.push({ at, bytes });
    at += bytes;
    return bytes === 8
      ? Number(view.getBigUint64(at - 8, true))
      : bytes === 4
        ? view.getUint32(at - 4, true)
        : 0;
  };
  const text = () => {
    const length = number(8);
    at += length;
  };
  const value = (type: number) => {
    const size = sizes[type];
    if (size !== undefined) number(size);
    else if (type === 8) text();
    else {
      const elements = number(4);
      const count = number(8);
      for (let index = 0; index < count; index++) value(elements);
    }
  };
  number(4);
  const [tensors, entries] = [number(8), number(8)];
  for (let index = 0; index < entries; index++) {
    text();
    value(number(4));
  }
  for (let index = 0; index < tensors; index++) {
    text();
    const dimensions = number(4);
    for (let dimension = 0; dimension < dimensions; dimension++) number(8);
    number(4);
    number(8);
  }
  return fields;
}
