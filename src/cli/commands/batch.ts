import { createReadStream, existsSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { BatchObject } from '../../api/batches.ts';
import { OllamaError, systemCode } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json-object.ts';
import { type CommandContext, type CommandInput, defineCommand, textFlag } from '../command.ts';
import { CountProgress } from '../output/count-progress.ts';
import { jsonFlag, printJson } from '../output/json-flag.ts';
import { renderTable } from '../output/table.ts';
import { narrowColumns } from '../output/terminal-traits.ts';

const LOOK_MS = 500;
const SECOND_MS = 1000;
const BYTE_ORDER_MARK = '\uFEFF';
const ended: readonly string[] = ['completed', 'failed', 'expired', 'cancelled'];

export const batchCommand = defineCommand({
  name: 'batch',
  usage: 'batch FILE | --list | --wait ID | --cancel ID',
  summary: 'Answer a file of requests in the background',
  arity: { min: 0, max: 1 },
  flags: {
    output: {
      type: 'string',
      short: 'o',
      placeholder: 'FILE',
      help: 'Where to write the replies (default FILE.output.jsonl, and errors to FILE.errors.jsonl)',
      takesFile: true,
    },
    window: { type: 'string', placeholder: 'TIME', help: 'When to give up, such as 24h or 7d (default 24h)' },
    detach: { type: 'boolean', help: 'Print the ID of the batch and leave it to the server' },
    list: { type: 'boolean', help: 'List the batches' },
    wait: { type: 'string', placeholder: 'ID', help: 'Wait for a batch and write its replies' },
    cancel: { type: 'string', placeholder: 'ID', help: 'Cancel a batch' },
    json: jsonFlag,
  },
  settings: 'client',
  needsServer: true,
  async run(input, context) {
    const { flags, positionals } = input;
    const [file] = positionals;
    const [wait, cancel] = [textFlag(flags, 'wait'), textFlag(flags, 'cancel')];
    const wanted = [file, wait, cancel, flags.list === true ? '' : undefined].filter(
      (one) => one !== undefined,
    );
    if (wanted.length !== 1) {
      throw new OllamaError('invalid-request', 'name one file, or use one of --list, --wait and --cancel');
    }
    if (flags.list === true) return list(input, context);
    if (cancel !== undefined) return show(await context.client.batches.cancel(cancel), input, context);
    if (wait !== undefined) return follow(wait, placesOf(wait, flags.output), input, context);
    return start(file ?? '', input, context);
  },
});

interface Places {
  readonly output: string;
  readonly errors: string;
}

/** @throws OllamaError for files that exist: replies of hours of work must not vanish by a second start */
function placesOf(name: string, flag: unknown): Places {
  const output = typeof flag === 'string' ? flag : `${name.replace(/\.jsonl$/, '')}.output.jsonl`;
  const errors = `${output.replace(/(\.output)?\.jsonl$/, '')}.errors.jsonl`;
  for (const path of [output, errors]) {
    if (!existsSync(path)) continue;
    throw new OllamaError('invalid-request', `${path} exists: remove it, or name another file with --output`);
  }
  return { output, errors };
}

async function start(file: string, input: CommandInput, context: CommandContext): Promise<number> {
  const { client, stdout, stderr } = context;
  const { flags } = input;
  const places = placesOf(file, flags.output);
  const endpoint = await endpointOf(file);
  const uploaded = await client.batches.upload(basename(file), createReadStream(file));
  const window = textFlag(flags, 'window');
  const batch = await client.batches.create({
    input_file_id: uploaded.id,
    endpoint,
    ...(window !== undefined && { completion_window: window }),
  });
  if (flags.detach === true) {
    stdout.write(`${batch.id}\n`);
    return 0;
  }
  stderr.write(`batch ${batch.id}: the server goes on with it if this command ends\n`);
  return follow(batch.id, places, input, context);
}

/** What the first line asks for. @throws OllamaError for a file that cannot be read, or whose first line is not a request */
async function endpointOf(file: string): Promise<string> {
  const facts = await stat(file).catch((error: unknown) => {
    throw systemCode(error) === 'ENOENT' ? new OllamaError('not-found', `there is no file ${file}`) : error;
  });
  // It is read twice.
  if (!facts.isFile()) {
    throw new OllamaError('invalid-request', `${file} is not a regular file: write the requests into one`);
  }
  const handle = await open(file);
  const lines = createInterface({ input: handle.createReadStream(), crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) if (line.trim() !== '') return urlOf(line, file);
  } finally {
    lines.close();
    await handle.close();
  }
  throw new OllamaError('invalid-request', `${file} has no requests`);
}

function urlOf(line: string, file: string): string {
  try {
    const value: unknown = JSON.parse(line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line);
    if (isJsonObject(value) && typeof value.url === 'string') return value.url;
  } catch {
    // Refused below.
  }
  const example = '{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {…}}';
  throw new OllamaError('invalid-request', `the first line of ${file} is not a request such as ${example}`);
}

async function follow(
  id: string,
  places: Places,
  input: CommandInput,
  context: CommandContext,
): Promise<number> {
  const { client, environment, stderr } = context;
  const progress = new CountProgress(stderr, environment);
  let batch = await client.batches.show(id);
  try {
    for (; ; await pause(LOOK_MS), batch = await client.batches.show(id)) {
      const { total, completed, failed } = batch.request_counts;
      progress.update({ status: batch.status, total, done: completed + failed, failed });
      if (ended.includes(batch.status)) break;
    }
  } finally {
    progress.stop();
  }
  await fetchFile(batch.output_file_id, places.output, context);
  await fetchFile(batch.error_file_id, places.errors, context);
  return show(batch, input, context);
}

async function fetchFile(id: string | null, path: string, { client, stderr }: CommandContext): Promise<void> {
  if (id === null) return;
  const content = await client.batches.content(id);
  const file = await open(path, 'wx');
  try {
    await pipeline(content, file.createWriteStream());
  } catch (error) {
    // A part would look like the whole, and stand in the way of the next attempt.
    await rm(path, { force: true });
    throw error;
  }
  stderr.write(`wrote ${path}\n`);
}

/** @returns 1 for a batch that has not answered everything */
function show(batch: BatchObject, { flags }: CommandInput, { stdout, stderr }: CommandContext): number {
  if (flags.json === true) printJson(batch, stdout);
  for (const { line, message } of batch.errors?.data ?? []) {
    stderr.write(`${line === null ? '' : `line ${line}: `}${message}\n`);
  }
  const { total, completed, failed } = batch.request_counts;
  if (flags.json !== true)
    stdout.write(`${batch.status}: ${completed} of ${total} answered, ${failed} failed\n`);
  const isGood = batch.status === 'completed' ? failed === 0 : batch.status.startsWith('cancel');
  return isGood ? 0 : 1;
}

async function list({ flags }: CommandInput, { client, stdout }: CommandContext): Promise<number> {
  const reply = await client.batches.list();
  if (flags.json === true) {
    printJson(reply, stdout);
    return 0;
  }
  const rows = reply.data.map(({ id, status, endpoint, request_counts: counts, created_at: created }) => [
    id,
    status,
    endpoint,
    `${counts.completed + counts.failed}/${counts.total}`,
    String(counts.failed),
    new Date(created * SECOND_MS).toISOString().replace(/\.\d+Z$/, 'Z'),
  ]);
  const titles = ['ID', 'STATUS', 'ENDPOINT', 'DONE', 'FAILED', 'CREATED'];
  stdout.write(renderTable(titles, rows, narrowColumns(stdout)));
  return 0;
}
