import type { ShowResponse } from '../../api/show.ts';
import { isCancellation, OllamaError } from '../../base/errors.ts';
import { FileUrl } from '../../names/file-url.ts';
import { type CommandContext, type CommandInput, defineCommand } from '../command.ts';
import { AnswerText } from '../output/answer-text.ts';
import { AnswerView } from '../output/answer-view.ts';
import { ProgressView } from '../output/progress.ts';
import { terminalTraits } from '../output/terminal-traits.ts';
import { withInterrupt } from '../repl/interrupt.ts';
import { loadModel } from '../repl/load.ts';
import { runRepl } from '../repl/repl.ts';
import { defaultThink, isMultimodal, type Session, startSession } from '../repl/session.ts';
import { embedRequest, runEmbedding } from './run-embedding.ts';
import { readSettings, runFlags } from './run-flags.ts';
import { readPiped } from './run-input.ts';
import { runOnce } from './run-once.ts';
import { isNotFound } from './unload.ts';

/** Returns information about the model, and pulls the model first if it is missing. */
async function showOrPull(
  model: string,
  { source, insecure }: { readonly source: string; readonly insecure: boolean },
  { client, stderr, environment }: CommandContext,
  signal: AbortSignal,
): Promise<ShowResponse> {
  try {
    return await client.show({ model });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const progress = new ProgressView(stderr, environment);
  try {
    for await (const event of client.pull({ model: source, insecure }, signal)) progress.update(event);
  } finally {
    progress.stop();
  }
  return client.show({ model });
}

/** Prints the conversation that is part of the model. */
function replay(
  { modelMessages, wordWrap, hideThinking }: Session,
  { stdout, stderr, environment }: CommandContext,
): void {
  const style = { hideThinking, ...terminalTraits(stdout, environment) };
  for (const { role, content } of modelMessages) {
    if (role === 'user') stdout.write(`>>> ${new AnswerText(style).next({ content })}\n`);
    if (role !== 'assistant') continue;
    const view = new AnswerView({ stdout, stderr, environment, wordWrap, hideThinking });
    view.add({ content });
    view.end('\n\n');
  }
}

/** @throws OllamaError `invalid-request` */
function refuseImageModel({ capabilities = [] }: ShowResponse): void {
  // Our server never reports this capability, but an Ollama server may.
  if (!capabilities.some((name: string) => name === 'image')) return;
  throw new OllamaError('invalid-request', 'image generation models are not currently supported');
}

/** @returns the session of an interactive run; undefined if the run is complete */
async function run(
  { positionals: [source = '', ...words], flags }: CommandInput,
  context: CommandContext,
  signal: AbortSignal,
): Promise<Session | undefined> {
  // The URL of a file is only the source to pull from; everything else uses the name that the model gets.
  const model = FileUrl.parse(source)?.name.short ?? source;
  const given = readSettings(flags);
  const piped = context.stdin.isTTY === true ? '' : await readPiped(context.stdin, signal);
  const prompts = piped === '' ? words : [piped, ...words];
  const isInteractive = prompts.length === 0 && context.stdin.isTTY === true && context.stdout.isTTY === true;
  const show = await showOrPull(model, { source, insecure: flags.insecure === true }, context, signal);
  const settings = { ...given, think: given.think ?? defaultThink(show) };
  const prompt = prompts.join(' ');
  if (show.capabilities?.includes('embedding')) {
    await runEmbedding(embedRequest(model, prompt, flags, given.keepAlive), context, signal);
    return undefined;
  }
  refuseImageModel(show);
  if (!isInteractive) {
    await runOnce({ model, prompt, isMultimodal: isMultimodal(show) }, settings, context, signal);
    return undefined;
  }
  const session = startSession(model, show, settings);
  await loadModel(session, context, signal);
  replay(session, context);
  return session;
}

export const runCommand = defineCommand({
  name: 'run',
  usage: 'run MODEL [PROMPT]',
  summary: 'Run a model',
  arity: { min: 1 },
  flags: runFlags,
  completes: 'models',
  settings: 'run',
  needsServer: true,
  async run(input, context) {
    try {
      const session = await withInterrupt((signal) => run(input, context, signal));
      if (session) await runRepl(session, context);
    } catch (error) {
      // Ctrl-C was pressed: stopping is what the user asked for, not a failure.
      if (!isCancellation(error)) throw error;
      if (context.stdout.isTTY) context.stdout.write('\n');
    }
    return 0;
  },
});
