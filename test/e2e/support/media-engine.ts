/** The built engine with an encoder whose rows are given to it, so that pictures are tested without the weights of an encoder. */
import { createHash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '../../../src/base/logger.ts';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import type { CompletionRequest } from '../../../src/protocol/completion.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import {
  type MediaKind,
  type MediaPiece,
  type MediaSpan,
  pseudoTokens,
} from '../../../src/protocol/media.ts';
import type { Runner, RunnerRequest } from '../../../src/runner/runner.ts';
import { startRunner } from '../../../src/runner/start.ts';

const program = fileURLToPath(new URL('../../fakes/runners/media-engine.mjs', import.meta.url));

/** What the encoder says about itself. */
export interface EncoderFacts {
  readonly rowWidth: number;
  readonly isBidirectional?: boolean;
  readonly mostTokens?: number;
  readonly kinds?: readonly MediaKind[];
  /** Why it does not load. */
  readonly problem?: string;
}

/** @param path where to write the file that stands for the encoder */
export async function startMediaEngine(
  path: string,
  facts: EncoderFacts,
  load: Partial<LoadOptions> & Pick<LoadOptions, 'modelPath'>,
): Promise<Runner> {
  const others = { kinds: ['audio'], weightBytes: 1000, bufferBytes: 2000 };
  await writeFile(path, JSON.stringify({ isBidirectional: false, mostTokens: 600, ...others, ...facts }));
  return startRunner({
    load: {
      ...{ contextLength: 512, slots: 1, batchSize: 128, threads: 1, gpuLayers: 0, useMmap: true },
      ...{ flashAttention: 'auto', kvCacheType: 'f16', projectorPath: path },
      ...load,
    },
    program,
    loadTimeoutMs: 60_000,
    logger: silentLogger,
  });
}

/** Reads the rows of the token table of a model whose tensors are 32-bit floats. */
export async function readTokenTable(modelPath: string) {
  const { tensors, dataOffset } = await readGgufFile(modelPath);
  const table = tensors.find(({ name }) => name === 'token_embd.weight');
  const width = table?.shape[0];
  if (!table || width === undefined) throw new Error('the model has no token table');
  const bytes = new Uint8Array(table.byteSize);
  const file = await open(modelPath);
  await file.read(bytes, 0, bytes.length, dataOffset + table.offset);
  await file.close();
  const values = new Float32Array(bytes.buffer);
  return {
    width,
    /** @param scale what the model multiplies its own rows with */
    rows: (tokens: readonly number[], scale = 1): Float32Array =>
      Float32Array.from(
        tokens.flatMap((token) => [...values.subarray(token * width, (token + 1) * width)]),
        (value) => Math.fround(value * scale),
      ),
  };
}

export interface GivenPiece {
  readonly piece: MediaPiece;
  readonly data: Uint8Array;
}

/** A piece whose data are its rows: pixels of a picture, or frames of sound unless the kind is given. */
export function pieceOf(rows: Float32Array, width: number, more: Partial<MediaPiece> = {}): GivenPiece {
  const data = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
  const tokens = rows.length / width;
  const size =
    more.kind === 'image' ? { width: data.length / 3, height: 1 } : { width: tokens, height: width };
  const digest = createHash('sha256').update(data).update(JSON.stringify(more)).digest('hex');
  return {
    piece: { ...{ kind: 'audio', digest, ...size, tokens, positions: tokens }, ...more },
    data,
  };
}

/** A prompt of tokens and pieces. */
export class MediaPrompt {
  readonly prompt: number[] = [];
  readonly media: MediaSpan[] = [];
  /** Digests that a child asked for, in order. */
  readonly asked: string[] = [];
  readonly #data = new Map<string, Uint8Array>();

  constructor(...parts: readonly (readonly number[] | GivenPiece)[]) {
    for (const part of parts) {
      if (!('piece' in part)) this.prompt.push(...part);
      else {
        this.media.push({ ...part.piece, start: this.prompt.length });
        this.prompt.push(...pseudoTokens(part.piece));
        this.#data.set(part.piece.digest, part.data);
      }
    }
  }

  /** The parts of a request that `askRunner` takes beside the prompt. */
  with(overrides: Partial<CompletionRequest> = {}): Partial<RunnerRequest> {
    return {
      topLogprobs: 2,
      draftTokens: 0,
      media: this.media,
      mediaData: async (digest) => {
        this.asked.push(digest);
        const data = this.#data.get(digest);
        if (!data) throw new Error('no such piece');
        return data;
      },
      ...overrides,
    };
  }
}
