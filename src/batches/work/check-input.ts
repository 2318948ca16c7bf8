/** The check of a whole input, which runs in a worker process. */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { BatchEndpoint, BatchProblem } from '../../api/batches.ts';
import { openRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';
import { MAX_PROBLEMS } from '../limits.ts';
import { encodeLine } from '../prepared-line.ts';
import { checkLine } from './check-line.ts';
import { splitLines } from './split-lines.ts';

export interface CheckInput {
  /** Path of the input. */
  readonly from: string;
  /** Path of the prepared lines; what is there is replaced. */
  readonly to: string;
  readonly endpoint: BatchEndpoint;
  readonly maxLines: number;
  readonly maxLineBytes: number;
}

export interface CheckedInput {
  /** Lines that can be sent. */
  readonly total: number;
  /** Empty = all lines can be sent. */
  readonly problems: readonly BatchProblem[];
}

/** What is written at once. */
const WRITE_BYTES = MIB;
const FILE_MODE = 0o600;
const REPLACED = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;

/** @throws system errors of both files */
export async function checkInput(input: CheckInput): Promise<CheckedInput> {
  const source = await openRegularFile(input.from);
  try {
    const output = await openRegularFile(input.to, REPLACED, FILE_MODE);
    try {
      const result = await check(source, input, new Writer(output));
      await output.datasync();
      return result;
    } finally {
      await output.close();
    }
  } finally {
    await source.close();
  }
}

async function check(source: FileHandle, input: CheckInput, writer: Writer): Promise<CheckedInput> {
  const { endpoint, maxLines, maxLineBytes } = input;
  const problems: BatchProblem[] = [];
  const seen = new Set<string>();
  let total = 0;
  const report = (code: string, message: string, param: string | null, line: number | null) =>
    problems.push({ code, message, param, line });
  for await (const { number, bytes } of splitLines(
    source.createReadStream({ autoClose: false }),
    maxLineBytes,
  )) {
    if (problems.length >= MAX_PROBLEMS) break;
    if (bytes === undefined) {
      report('line_too_long', `the line is longer than ${maxLineBytes} bytes`, null, number);
      continue;
    }
    const text = bytes.toString();
    if (text.trim() === '') continue;
    const line = checkLine(text, endpoint, seen);
    if ('code' in line) {
      report(line.code, line.message, line.param, number);
      continue;
    }
    total += 1;
    if (total > maxLines) {
      report('too_many_tasks', `a batch has at most ${maxLines} requests: split the file`, null, number);
      break;
    }
    await writer.write(encodeLine(line.customId, line.model, line.body));
  }
  if (total === 0 && problems.length === 0) report('empty_file', 'the file has no requests', null, null);
  await writer.flush();
  return { total, problems };
}

/** Gathers lines, so that short ones are not written one by one. */
class Writer {
  readonly #file: FileHandle;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(bytes: Buffer): Promise<void> {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    if (this.#length >= WRITE_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const parts = this.#parts;
    this.#parts = [];
    this.#length = 0;
    await this.#file.writeFile(Buffer.concat(parts));
  }
}
