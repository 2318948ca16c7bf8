import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A picture as RGB of 8 bits, or sound of one channel at 16 kHz. */
export type OracleMedium =
  | { readonly width: number; readonly height: number; readonly pixels: Uint8Array }
  | { readonly samples: Float32Array };

/** A token of an answer. */
export interface OracleToken {
  readonly bytes: readonly number[];
  /** Whether the answer ends here. */
  readonly isEnd: boolean;
  readonly logprob: number;
  /** Its logit minus that of the second likeliest. */
  readonly lead: number;
}

export interface OracleQuestion {
  readonly mmproj: string;
  readonly textModel: string;
  /** Of the encoder; `auto` is what libmtmd chooses by itself. */
  readonly attention: 'auto' | 'off' | 'on';
  /** Maximum number of tokens of the answer. */
  readonly most: number;
  /** With `MEDIUM_MARK` for each medium, and text behind the last one. */
  readonly prompt: string;
  readonly media: readonly OracleMedium[];
}

/** Stands for a medium in libmtmd's prompts. */
export const MEDIUM_MARK = '<__media__>';

/** Answers a prompt with the likeliest tokens, by libmtmd as a whole and llama.cpp's decodes. */
export async function answerWithOracle(
  program: string,
  { mmproj, textModel, attention, most, prompt, media }: OracleQuestion,
): Promise<{ readonly promptTokens: number; readonly tokens: readonly OracleToken[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'oracle-'));
  try {
    const given: string[] = [];
    for (const [index, medium] of media.entries()) {
      const path = join(folder, String(index));
      if ('pixels' in medium) {
        await writeFile(path, medium.pixels);
        given.push('rgb', `${medium.width}`, `${medium.height}`, path);
      } else {
        const { samples } = medium;
        await writeFile(path, new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
        given.push('sound', `${samples.length}`, '1', path);
      }
    }
    const { stdout } = await run(program, [
      'generate',
      mmproj,
      textModel,
      attention,
      `${most}`,
      prompt,
      ...given,
    ]);
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
