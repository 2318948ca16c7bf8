import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OllamaError, systemCode } from '../../base/errors.ts';
import type { OllamaClient } from '../../client/client.ts';
import { modelfileContents } from '../../modelfile/contents.ts';
import { parseModelfile } from '../../modelfile/parse.ts';
import { ModelName } from '../../names/model-name.ts';
import { type CommandContext, defineCommand, textFlag } from '../command.ts';
import { ProgressView } from '../output/progress.ts';
import { createRequest, type LocalFile, planFiles } from './create-request.ts';
import { linkFile } from './link-file.ts';

const DEFAULT_MODELFILE = 'Modelfile';

interface Source {
  readonly bytes: Uint8Array;
  /** Relative paths in the Modelfile start here. */
  readonly folder: string;
}

async function readModelfile(file: string, stdin: NodeJS.ReadStream): Promise<Source> {
  if (file === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
    return { bytes: Buffer.concat(chunks), folder: process.cwd() };
  }
  try {
    return { bytes: await readFile(file), folder: dirname(resolve(file)) };
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new OllamaError('invalid-request', `no Modelfile at ${file}: write one, or name it with -f`, {
      cause: error,
    });
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

/** Hashes a file and uploads or links it unless the server has it already. */
async function upload(
  file: LocalFile,
  client: OllamaClient,
  progress: ProgressView,
  isLinked: boolean,
): Promise<string> {
  progress.spin(`hashing ${file.name}`);
  const digest = await digestOf(file.path);
  if (await client.hasBlob(digest)) return digest;
  if (isLinked) {
    progress.spin(`linking ${file.name}`);
    await linkFile(file.path, digest, client);
    return digest;
  }
  const total = (await stat(file.path)).size;
  const status = `copying file ${digest.slice(0, 'sha256:'.length + 12)}`;
  const body = createReadStream(file.path);
  let completed = 0;
  body.on('data', (chunk) => {
    completed += chunk.length;
    progress.update({ status, digest, total, completed });
  });
  await client.uploadBlob(digest, body);
  return digest;
}

interface CreateFlags {
  readonly file: string;
  readonly isLinked: boolean;
}

async function create(
  model: string,
  { file, isLinked }: CreateFlags,
  context: CommandContext,
): Promise<void> {
  const { client, stdin, stderr, environment } = context;
  if (!ModelName.tryParse(model)) throw new OllamaError('invalid-request', `invalid model name: ${model}`);
  const source = await readModelfile(file, stdin);
  const contents = modelfileContents(parseModelfile(source.bytes));
  for (const warning of contents.warnings) stderr.write(`${warning}\n`);
  const progress = new ProgressView(stderr, environment);
  try {
    progress.spin('gathering model components');
    const plan = await planFiles(contents, source.folder);
    const digests = new Map<LocalFile, string>();
    for (const local of [...plan.files, ...plan.adapters, ...plan.drafts])
      digests.set(local, await upload(local, client, progress, isLinked));
    const request = createRequest(model, contents, plan, digests);
    for await (const event of client.create(request)) progress.update(event);
  } finally {
    progress.stop();
  }
}

export const createCommand = defineCommand({
  name: 'create',
  usage: 'create MODEL',
  summary: 'Create a model from a Modelfile',
  arity: { min: 1, max: 1 },
  flags: {
    file: {
      type: 'string',
      short: 'f',
      help: 'The Modelfile, - for standard input (default "Modelfile")',
    },
    link: { type: 'boolean', help: 'Use GGUF files where they are, without a copy' },
  },
  settings: 'client',
  needsServer: true,
  async run({ positionals: [model = ''], flags }, context) {
    const file = textFlag(flags, 'file') ?? DEFAULT_MODELFILE;
    await create(model, { file, isLinked: flags.link === true }, context);
    return 0;
  },
});
