/** Writes the file of a plan in this process, without the check of its tokenizer, which adapters and logits do not depend on. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { ConvertPlan } from '../../../src/convert/plan/convert-plan.ts';
import { tensorBytes } from '../../../src/convert/tensors/check-tensor-jobs.ts';
import type { OutputStream } from '../../../src/convert/tensors/output-stream.ts';
import { FileRanges } from '../../../src/convert/tensors/readers/file-ranges.ts';
import { ScratchMemory } from '../../../src/convert/tensors/readers/scratch-memory.ts';
import { TileMemory } from '../../../src/convert/tensors/readers/tile-memory.ts';
import { writeTensor } from '../../../src/convert/tensors/write-tensor.ts';
import { loadRowCasts } from '../../../src/engine/native/row-casts.ts';
import { encodeGgufStart } from '../../../src/gguf/writer.ts';

const ROOM_BYTES = 64 * 1024;

export async function writePlan({ metadata, tensors }: ConvertPlan, path: string): Promise<void> {
  const entries = tensors.map((tensor) => ({ ...tensor, byteSize: tensorBytes(tensor) }));
  const start = encodeGgufStart({
    metadata: Object.fromEntries(metadata),
    tensors: entries,
    littleEndian: true,
  });
  const parts = {
    files: new FileRanges(),
    casts: loadRowCasts(),
    scratch: new ScratchMemory(),
    tile: new TileMemory(),
  };
  const file = openSync(path, 'w');
  try {
    writeSync(file, start);
    for (const tensor of tensors) await writeTensor(tensor, parts, appending(file));
  } finally {
    parts.files.close();
    closeSync(file);
  }
}

function appending(file: number): OutputStream {
  const memory = new Uint8Array(ROOM_BYTES);
  return {
    room: () => Promise.resolve(memory),
    commit: (bytes) => void writeSync(file, memory, 0, bytes),
  };
}
