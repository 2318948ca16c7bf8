import type { EmbedRequest } from '../../api/embed.ts';
import type { KeepAlive } from '../../api/keep-alive.ts';
import { OllamaError } from '../../base/errors.ts';
import { type CommandContext, type FlagValues, textFlag } from '../command.ts';

/** @throws OllamaError `invalid-request` if the text is empty, or if the dimensions are not a whole number */
export function embedRequest(
  model: string,
  text: string,
  flags: FlagValues,
  keepAlive: KeepAlive | undefined,
): EmbedRequest {
  if (text === '') {
    const usage = `ollama run ${model} "your text here"`;
    throw new OllamaError('invalid-request', `embedding models require input text. Usage: ${usage}`);
  }
  const dimensions = readDimensions(textFlag(flags, 'dimensions'));
  return {
    model,
    input: [text],
    ...(typeof flags.truncate === 'boolean' && { truncate: flags.truncate }),
    ...(dimensions > 0 && { dimensions }),
    ...(keepAlive !== undefined && { keep_alive: keepAlive }),
  };
}

function readDimensions(text = '0'): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new OllamaError(
    'invalid-request',
    `invalid argument "${text}" for "--dimensions" flag: not a whole number`,
  );
}

/** Prints the text's vector as a JSON list on one line. */
export async function runEmbedding(
  request: EmbedRequest,
  { client, stdout }: CommandContext,
  signal: AbortSignal,
): Promise<void> {
  const [vector] = (await client.embed(request, signal)).embeddings;
  if (!vector) throw new OllamaError('upstream', 'no embeddings returned');
  stdout.write(`${JSON.stringify(vector)}\n`);
}
