import type { GenerateRequest } from '../../api/generate.ts';
import type { ShowResponse } from '../../api/show.ts';
import { isCancellation } from '../../base/errors.ts';
import { type CommandContext, type CommandInput, defineCommand } from '../command.ts';
import { AnswerText } from '../output/answer-text.ts';
import { AnswerView } from '../output/answer-view.ts';
import { ProgressView } from '../output/progress.ts';
import { WaitSpinner } from '../output/wait-spinner.ts';
import { withInterrupt } from '../repl/interrupt.ts';
import { loadModel } from '../repl/load.ts';
import { runRepl } from '../repl/repl.ts';
import { defaultThink, type Session, type SessionSettings, startSession } from '../repl/session.ts';
import { readSettings, runFlags } from './run-flags.ts';
import { readPiped } from './run-input.ts';
import { isNotFound } from './unload.ts';

/** Facts about the model, which is pulled first when it is not here. */
async function showOrPull(
  model: string,
  insecure: boolean,
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
    for await (const event of client.pull({ model, insecure }, signal)) progress.update(event);
  } finally {
    progress.stop();
  }
  return client.show({ model });
}

/** One prompt, one answer; without a prompt the model is only loaded. */
async function runOnce(
  model: string,
  prompt: string,
  settings: SessionSettings,
  { client, stdout, stderr }: CommandContext,
  signal: AbortSignal,
): Promise<void> {
  const { wordWrap, hideThinking, think, format, keepAlive } = settings;
  const view = new AnswerView({ stdout, stderr, wordWrap, hideThinking });
  const request: GenerateRequest = {
    model,
    prompt,
    ...(think !== undefined && { think }),
    ...(format !== undefined && { format }),
    ...(keepAlive !== undefined && { keep_alive: keepAlive }),
  };
  view.wait();
  try {
    for await (const chunk of client.generate(request, signal)) {
      view.add({ content: chunk.response, thinking: chunk.thinking });
      if (!chunk.done) continue;
      view.end(prompt === '' ? '' : '\n\n');
      if (settings.verbose) view.summarize(chunk);
    }
  } finally {
    view.end();
  }
}

/** Shows the conversation that is part of the model. */
function replay({ modelMessages, hideThinking }: Session, { stdout }: CommandContext): void {
  for (const { role, content, thinking } of modelMessages) {
    const text = new AnswerText({ hideThinking, isTerminal: true });
    if (role === 'user') stdout.write(`>>> ${text.next({ content })}\n`);
    if (role === 'assistant') stdout.write(`${text.next({ content, thinking })}${text.end()}\n\n`);
  }
}

async function prepareSession(session: Session, context: CommandContext, signal: AbortSignal): Promise<void> {
  const spinner = new WaitSpinner(context.stderr);
  spinner.start();
  try {
    await loadModel(session, context.client, signal);
  } finally {
    spinner.stop();
  }
  replay(session, context);
}

/** @returns the session of an interactive run that is ready for its prompt */
async function run(
  { positionals: [model = '', ...words], flags }: CommandInput,
  context: CommandContext,
  signal: AbortSignal,
): Promise<Session | undefined> {
  const given = readSettings(flags);
  const piped = context.stdin.isTTY === true ? '' : await readPiped(context.stdin, signal);
  const prompts = piped === '' ? words : [piped, ...words];
  const isInteractive = prompts.length === 0 && context.stdin.isTTY === true && context.stdout.isTTY === true;
  const show = await showOrPull(model, flags.insecure === true, context, signal);
  const settings = { ...given, think: given.think ?? defaultThink(show) };
  if (!isInteractive) {
    await runOnce(model, prompts.join(' '), settings, context, signal);
    return undefined;
  }
  const session = startSession(model, show, settings);
  await prepareSession(session, context, signal);
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
      // Ctrl-C: what was asked for has been done.
      if (!isCancellation(error)) throw error;
      if (context.stdout.isTTY) context.stdout.write('\n');
    }
    return 0;
  },
});
