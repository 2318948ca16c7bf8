/** Writes tokenizer.model: SentencePiece's protobuf message (sentencepiece_model.proto), as far as a model needs it. */

export interface SentencePiece {
  readonly text: string;
  readonly score: number;
  /** 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte: the same numbers as in GGUF. */
  readonly type: number;
}

/** Wire types of protobuf. */
const VARINT = 0;
const BYTES = 2;
const FIXED_32 = 5;

export function encodeSentencePieceModel(pieces: readonly SentencePiece[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { text, score, type } of pieces) {
    const message = Buffer.concat([
      bytesField(1, Buffer.from(text)),
      Buffer.concat([varint((2 << 3) | FIXED_32), floatBytes(score)]),
      ...(type === 1 ? [] : [varint((3 << 3) | VARINT), varint(type)]),
    ]);
    parts.push(bytesField(1, message));
  }
  // TrainerSpec: BPE with byte fallback. NormalizerSpec: "identity", without a space before the text.
  const trainer = Buffer.concat([
    varint((3 << 3) | VARINT),
    varint(2),
    varint((35 << 3) | VARINT),
    varint(1),
  ]);
  const normalizer = Buffer.concat([
    bytesField(1, Buffer.from('identity')),
    ...[3, 4, 5].flatMap((field) => [varint((field << 3) | VARINT), varint(field === 5 ? 1 : 0)]),
  ]);
  parts.push(bytesField(2, trainer), bytesField(3, normalizer));
  return Buffer.concat(parts);
}

function bytesField(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint((number << 3) | BYTES), varint(content.length), content]);
}

function floatBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
