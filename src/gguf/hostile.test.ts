import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OllamaError } from '../base/errors.ts';
import { type ByteSource, memorySource } from './byte-source.ts';
import { ByteWriter } from './byte-writer.ts';
import { ggufFacts } from './facts.ts';
import { limits } from './limits.ts';
import { parseGguf, readGgufFile } from './parse.ts';
import { encodeGguf, listOf } from './writer.ts';

const U64_MAX = 2n ** 64n - 1n;

/** A header, followed by what the builder appends. */
function file(
  header: { tensors?: number | bigint; entries?: number | bigint; version?: number },
  build?: (writer: ByteWriter) => void,
): Uint8Array {
  const writer = new ByteWriter(true);
  writer.bytes(new TextEncoder().encode('GGUF'));
  writer.u32(header.version ?? 3);
  writer.u64(header.tensors ?? 0);
  writer.u64(header.entries ?? 0);
  build?.(writer);
  return writer.finish();
}

/** One metadata entry with the given value bytes; more bytes follow. */
function entry(type: number, build: (writer: ByteWriter) => void, tail = 64, key = 'key'): Uint8Array {
  return file({ entries: 1 }, (writer) => {
    writer.text(key);
    writer.u32(type);
    build(writer);
    writer.bytes(new Uint8Array(tail));
  });
}

interface TensorFields {
  readonly name?: string;
  readonly shape?: readonly (number | bigint)[];
  readonly dimensions?: number;
  readonly type?: number;
  readonly offset?: number | bigint;
}

/** A tensor table built by hand, followed by `data` bytes. */
function tensors(fields: readonly TensorFields[], data = 1024): Uint8Array {
  return file({ tensors: fields.length }, (writer) => {
    for (const { name = 'a', shape = [4], dimensions = shape.length, type = 0, offset = 0 } of fields) {
      writer.text(name);
      writer.u32(dimensions);
      for (const length of shape) writer.u64(length);
      writer.u32(type);
      writer.u64(offset);
    }
    writer.pad(32);
    writer.bytes(new Uint8Array(data));
  });
}

async function refusal(bytes: Uint8Array, arrays: 'skip' | 'keep' = 'skip'): Promise<string> {
  const error = await parseGguf(memorySource(bytes), { arrays }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OllamaError);
  expect(error).toMatchObject({ code: 'invalid-request', status: 400 });
  const { message } = error as OllamaError;
  expect(message).toMatch(/^invalid GGUF file: /);
  return message;
}

const whole = encodeGguf({
  metadata: {
    'general.architecture': { type: 'string', value: 'llama' },
    'llama.attention.head_count': listOf('u32', [4, 2]),
    'tokenizer.ggml.tokens': listOf('string', ['a', 'b']),
    'tokenizer.ggml.bos_token_id': { type: 'u64', value: 1n },
  },
  tensors: [
    { name: 'a', shape: [8], type: 0, data: new Uint8Array(32) },
    { name: 'b', shape: [32, 2], type: 2, data: new Uint8Array(36) },
  ],
});

describe('files of 0 to 64 bytes (CVE-2024-39720)', () => {
  it('are refused for their size or content, whatever their bytes', async () => {
    for (let length = 0; length <= 64; length++) {
      await refusal(new Uint8Array(length));
      await refusal(new Uint8Array(length).fill(0xff));
      await refusal(whole.slice(0, length));
    }
  });

  it('are refused with their size', async () => {
    expect(await refusal(whole.slice(0, 4))).toBe(
      'invalid GGUF file: it has 4 bytes, but its header alone takes 24',
    );
  });
});

describe('truncated and damaged files', () => {
  it('are refused at every length (CVE-2024-12055)', async () => {
    const end = whole.length - 28; // padding after the last tensor may be missing
    for (let length = 0; length < end; length++) await refusal(whole.slice(0, length));
    await expect(parseGguf(memorySource(whole.slice(0, end)))).resolves.toBeDefined();
  });

  it('never cause anything but an OllamaError, whichever byte is changed', async () => {
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const bytes = whole.slice();
        bytes[at] = value;
        const outcome = await parseGguf(memorySource(bytes)).then(ggufFacts, (error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(OllamaError);
      }
    }
  });

  it('are detected when the file shrinks while it is being read', async () => {
    const shrinking: ByteSource = { size: 1000, read: async () => 0 };
    await expect(parseGguf(shrinking)).rejects.toThrow('it ends too early');
  });
});

describe('headers', () => {
  it('require the magic', async () => {
    expect(await refusal(new TextEncoder().encode('PK\u0003\u0004 is a zip file, not a model'))).toContain(
      'starts with',
    );
  });

  it.each([0, 1, 4, 0x00010000, 0x01000000, 0xffffffff])('refuse version %d', async (version) => {
    expect(await refusal(file({ version }, (writer) => writer.bytes(new Uint8Array(64))))).toContain(
      'is not supported',
    );
  });

  it.each([100, 2n ** 32n, 2n ** 53n, U64_MAX])(
    'refuse %d tensors in a short file (CVE-2025-0315)',
    async (count) => {
      expect(await refusal(file({ tensors: count }))).toContain('tensors, more than');
    },
  );

  it.each([100, 2n ** 32n, 2n ** 53n, U64_MAX])(
    'refuse %d metadata entries in a short file',
    async (count) => {
      expect(await refusal(file({ entries: count }))).toContain('metadata entries, more than');
    },
  );
});

describe('metadata', () => {
  it.each([24, 100, 2n ** 31n, 2n ** 40n, U64_MAX])(
    'refuses a key of %d bytes (CVE-2025-66959, -66960)',
    async (length) => {
      expect(
        await refusal(
          file({ entries: 1 }, (writer) => {
            writer.u64(length);
            writer.bytes(new Uint8Array(12));
          }),
        ),
      ).toContain('a metadata key is');
    },
  );

  it.each([100, 2n ** 31n, 2n ** 40n, U64_MAX])(
    'refuses a text of %d bytes in a 49-byte file',
    async (length) => {
      const bytes = entry(8, (writer) => writer.u64(length), 2);
      expect(bytes.length).toBe(49);
      expect(await refusal(bytes)).toContain('the value of "key" is');
    },
  );

  it.each([
    [0, 2n ** 20n],
    [5, 2n ** 30n],
    [8, 2n ** 40n],
    [10, 2n ** 61n],
    [12, U64_MAX],
    [8, 9],
  ])('refuses an array (type %d) of %d elements without allocating for it', async (type, count) => {
    for (const arrays of ['skip', 'keep'] as const) {
      const bytes = entry(9, (writer) => {
        writer.u32(type);
        writer.u64(count);
      });
      expect(await refusal(bytes, arrays)).toContain('elements, more than');
    }
  });

  it('refuses arrays of arrays, however deep', async () => {
    expect(
      await refusal(
        entry(9, (writer) => {
          for (let depth = 0; depth < 10_000; depth++) {
            writer.u32(9);
            writer.u64(1);
          }
        }),
      ),
    ).toContain('array of arrays');
  });

  it('refuses a bad length in the middle of an array', async () => {
    const broken = (writer: ByteWriter) => {
      writer.u32(8);
      writer.u64(2000);
      for (let index = 0; index < 1999; index++) writer.text('word');
      writer.u64(U64_MAX);
    };
    expect(await refusal(entry(9, broken), 'skip')).toContain('an element of "key" is');
    expect(await refusal(entry(9, broken), 'keep')).toContain('an element of "key" is');
  });

  it.each([13, 255, 0xffffffff])('refuses value type %d', async (type) => {
    expect(await refusal(entry(type, () => undefined))).toContain(`unknown value type ${type}`);
  });

  it('refuses empty and repeated keys', async () => {
    expect(
      await refusal(
        file({ entries: 1 }, (writer) => {
          writer.text('');
          writer.bytes(new Uint8Array(64));
        }),
      ),
    ).toContain('key is empty');
    expect(
      await refusal(
        file({ entries: 2 }, (writer) => {
          for (const value of [1, 2]) {
            writer.text('key');
            writer.u32(4);
            writer.u32(value);
          }
        }),
      ),
    ).toContain('occurs twice');
  });

  it('quotes only a short, printable part of a key', async () => {
    const message = await refusal(
      file({ entries: 1 }, (writer) => {
        writer.text(`\u001b[2J\n\u009b${'k'.repeat(1000)}`);
        writer.u32(77);
      }),
    );
    expect(message.length).toBeLessThan(200);
    expect(message).not.toMatch(/\p{Cc}/u);
  });
});

describe('general.alignment (CVE-2025-0317)', () => {
  it.each<[string, number, (writer: ByteWriter) => void]>([
    ['u32 0', 4, (writer) => writer.u32(0)],
    ['u32 33', 4, (writer) => writer.u32(33)],
    ['u32 2^31', 4, (writer) => writer.u32(2 ** 31)],
    ['u32 2^32 - 1', 4, (writer) => writer.u32(0xffffffff)],
    ['u32 above the limit', 4, (writer) => writer.u32(limits.alignment * 2)],
    ['u64 32', 10, (writer) => writer.u64(32)],
    ['f32 NaN', 6, (writer) => writer.u32(0x7fc00000)],
    ['text', 8, (writer) => writer.text('32')],
  ])('%s is refused', async (_, type, build) => {
    expect(await refusal(entry(type, build, 64, 'general.alignment'))).toContain('general.alignment must be');
  });
});

describe('tensors', () => {
  it.each([
    ['past the end of the file', [{ shape: [4096] }]],
    ['with an offset past the end', [{ offset: 2048 }]],
    ['with the largest offset', [{ offset: U64_MAX }]],
    ['whose end overflows 64 bits', [{ shape: [2n ** 61n], offset: 2n ** 63n }]],
    ['that overlap', [{ shape: [64] }, { name: 'b', offset: 0 }]],
    ['with a gap before them', [{ shape: [8] }, { name: 'b', offset: 64 }]],
    ['with a misaligned offset', [{ shape: [4] }, { name: 'b', offset: 16 }]],
    ['with too many dimensions', [{ dimensions: 5, shape: [1, 1, 1, 1, 1] }]],
    ['with 4 billion dimensions', [{ dimensions: 0xffffffff }]],
    ['with an empty dimension', [{ shape: [4, 0] }]],
    ['with an empty dimension beside a huge one', [{ shape: [U64_MAX, 0] }]],
    ['whose size overflows', [{ shape: [2n ** 32n, 2n ** 32n] }]],
    ['whose size wraps around to 0', [{ shape: [2n ** 16n, 2n ** 16n, 2n ** 16n, 2n ** 16n] }]],
    ['with a negative dimension', [{ shape: [U64_MAX] }]],
    ['of a removed type', [{ type: 4 }]],
    ['of an unknown type', [{ type: 43 }]],
    ['of the largest type number', [{ type: 0xffffffff }]],
    ['with rows that are not a multiple of the block size', [{ shape: [33], type: 2 }]],
    ['with rows of half a block', [{ shape: [16, 2], type: 2 }]],
    ['with the same name', [{ shape: [8] }, { shape: [8], offset: 32 }]],
    ['with a long name', [{ name: 'n'.repeat(64) }]],
  ])('%s are refused (CVE-2026-7482)', async (_, fields) => {
    expect(await refusal(tensors(fields))).toContain('tensor');
  });

  it('may end exactly at the end of the file', async () => {
    const exact = tensors([{ shape: [8] }, { name: 'n'.repeat(63), shape: [4], offset: 32 }], 48);
    await expect(parseGguf(memorySource(exact))).resolves.toMatchObject({ tensors: { length: 2 } });
    expect(await refusal(exact.slice(0, -1))).toContain('ends 1 bytes past the end');
  });
});

describe('anything but a regular file (CVE-2024-39721)', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gguf-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is refused without waiting for it', async () => {
    const pipe = join(folder, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    for (const path of [pipe, '/dev/zero', folder]) {
      await expect(readGgufFile(path)).rejects.toThrow('invalid GGUF file: not a regular file');
    }
  });

  it('an empty file is refused for its size', async () => {
    const path = join(folder, 'empty');
    await writeFile(path, '');
    await expect(readGgufFile(path)).rejects.toThrow('it has 0 bytes');
  });
});
