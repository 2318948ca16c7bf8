/** Writes a GGUF model back to a folder as Hugging Face has it, so that its import must give the same model again. */
import { createWriteStream } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { metadataNumber, metadataText } from '../../../src/gguf/metadata.ts';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import type { GgufFile, GgufTensor } from '../../../src/gguf/types.ts';
import { gemmaParts, llamaParts, type WrittenBackFamily } from './write-back-families.ts';
import { bytePairFiles, sentencePieceFiles } from './write-back-tokenizer.ts';

/** `ggml_type` numbers of what safetensors has too. */
const safeTypes: Readonly<Record<number, string>> = { 0: 'F32', 1: 'F16', 30: 'BF16' };

const families: Readonly<Record<string, WrittenBackFamily>> = { llama: llamaParts, gemma3: gemmaParts };

/** Bytes of a tensor, turned into what the folder has. */
interface WrittenTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly tensor: GgufTensor;
}

/**
 * @param path a model of the architecture llama or gemma3, whose tensors are all F32, F16 or BF16
 * @param parts number of weight files; more than one come with an index
 */
export async function writeBack(path: string, folder: string, { parts = 1 } = {}): Promise<void> {
  const file = await readGgufFile(path, { arrays: 'keep' });
  const family = families[metadataText(file.metadata, 'general.architecture') ?? ''];
  if (!family) throw new Error(`no way back is known for ${path}`);
  await mkdir(folder, { recursive: true });
  const tokenizer = file.metadata.has('tokenizer.ggml.merges') ? bytePairFiles : sentencePieceFiles;
  for (const [name, content] of Object.entries({
    ...tokenizer(file),
    'config.json': json(family.config(file)),
  }))
    await writeFile(join(folder, name), content);
  await writeWeights(path, file, folder, { family, parts });
}

function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

async function writeWeights(
  path: string,
  file: GgufFile,
  folder: string,
  { family, parts }: { readonly family: WrittenBackFamily; readonly parts: number },
): Promise<void> {
  const tensors = file.tensors.map((tensor): WrittenTensor => {
    const type = safeTypes[tensor.type];
    if (type === undefined) throw new Error(`${tensor.name} is quantized`);
    return { name: family.nameOf(tensor.name), type, shape: tensor.shape.toReversed(), tensor };
  });
  const perPart = Math.ceil(tensors.length / parts);
  const map: Record<string, string> = {};
  for (let part = 0; part < parts; part++) {
    const name =
      parts === 1 ? 'model.safetensors' : `model-${numbered(part + 1)}-of-${numbered(parts)}.safetensors`;
    const own = tensors.slice(part * perPart, (part + 1) * perPart);
    for (const tensor of own) map[tensor.name] = name;
    await writePart(join(folder, name), own, (tensor) => readValues(path, file, tensor, family));
  }
  if (parts > 1)
    await writeFile(join(folder, 'model.safetensors.index.json'), json({ metadata: {}, weight_map: map }));
}

async function writePart(
  path: string,
  tensors: readonly WrittenTensor[],
  read: (tensor: WrittenTensor) => Promise<Uint8Array>,
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const { name, type, shape, tensor } of tensors) {
    header[name] = { dtype: type, shape, data_offsets: [offset, offset + tensor.byteSize] };
    offset += tensor.byteSize;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const stream = createWriteStream(path);
  const finished = new Promise<void>((resolve, reject) => {
    stream.on('finish', resolve).on('error', reject);
  });
  for (const bytes of [length, text]) stream.write(bytes);
  for (const tensor of tensors) {
    const bytes = await read(tensor);
    if (!stream.write(bytes)) await new Promise<void>((resolve) => stream.once('drain', resolve));
  }
  stream.end();
  await finished;
}

async function readValues(
  path: string,
  file: GgufFile,
  { tensor }: WrittenTensor,
  family: WrittenBackFamily,
): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const bytes = new Uint8Array(tensor.byteSize);
    await handle.read(bytes, 0, bytes.length, file.dataOffset + tensor.offset);
    return family.valuesOf(tensor, bytes, (key) => numberOf(file, key));
  } finally {
    await handle.close();
  }
}

function numberOf({ metadata }: GgufFile, key: string): number {
  const value = metadataNumber(metadata, key);
  if (value === undefined) throw new Error(`the model has no ${key}`);
  return value;
}

function numbered(part: number): string {
  return String(part).padStart(5, '0');
}
