/** Carries out what a line of input makes happen. */
import type { CreateRequest } from '../../api/create.ts';
import { isCancellation, messageOf, OllamaError } from '../../base/errors.ts';
import { ModelName } from '../../names/model-name.ts';
import type { CommandContext } from '../command.ts';
import { listCommand } from '../commands/list.ts';
import { isNotFound } from '../commands/unload.ts';
import { ProgressView } from '../output/progress.ts';
import { WaitSpinner } from '../output/wait-spinner.ts';
import { answer } from './answer.ts';
import type { Effect, ShowSection } from './effect.ts';
import { withInterrupt } from './interrupt.ts';
import { loadModel } from './load.ts';
import { type Session, switchModel } from './session.ts';
import { showText } from './show-text.ts';

/** Those that are not the prompt's own affair. */
export type OutsideEffect = Exclude<Effect, { type: 'history' | 'exit' }>;

/** @returns the session as it is afterwards */
export async function carryOut(
  effect: OutsideEffect,
  session: Session,
  context: CommandContext,
): Promise<Session> {
  switch (effect.type) {
    case 'print':
      context.stdout.write(`${effect.text}\n`);
      return session;
    case 'note':
      context.stderr.write(`${effect.text}\n`);
      return session;
    case 'chat':
      return chat(session, effect.message, context);
    case 'show':
      await show(effect.section, session, context);
      return session;
    case 'list':
      await listCommand.run(
        { positionals: effect.prefix === undefined ? [] : [effect.prefix], flags: {} },
        context,
      );
      return session;
    case 'load':
      return load(session, effect.model, context);
    case 'save':
      await save(session, effect.model, context);
      return session;
  }
}

/** A setting that the model cannot follow is for the user to change; any other failure ends the prompt. */
async function chat(session: Session, message: string, context: CommandContext): Promise<Session> {
  try {
    return await answer(session, message, context);
  } catch (error) {
    if (!/does not support thinking|invalid think value/.test(messageOf(error))) throw error;
    context.stderr.write(`error: ${messageOf(error)}\n`);
    return session;
  }
}

async function show(
  section: ShowSection,
  session: Session,
  { client, stdout, stderr }: CommandContext,
): Promise<void> {
  const text = showText(section, await client.show({ model: session.model }), session);
  (section === 'info' ? stderr : stdout).write(text);
}

async function load(session: Session, model: string, context: CommandContext): Promise<Session> {
  const { client, stdout, stderr } = context;
  const spinner = new WaitSpinner(stderr);
  stdout.write(`Loading model '${model}'\n`);
  try {
    const next = switchModel(session, model, await client.show({ model }));
    spinner.start();
    await withInterrupt((signal) => loadModel(next, client, signal));
    return next;
  } catch (error) {
    spinner.stop();
    if (isCancellation(error)) return session;
    const reason = isNotFound(error)
      ? `Couldn't find model '${model}'`
      : `Couldn't load model: "${messageOf(error)}"`;
    stdout.write(`${reason}\n`);
    return session;
  } finally {
    spinner.stop();
  }
}

async function save(session: Session, model: string, context: CommandContext): Promise<void> {
  const { client, stdout, stderr, environment } = context;
  if (!ModelName.tryParse(model)) {
    stdout.write(`error: The model name '${model}' is invalid\n`);
    return;
  }
  const progress = new ProgressView(stderr, environment);
  try {
    await withInterrupt(async (signal) => {
      for await (const event of client.create(savedModel(session, model), signal)) progress.update(event);
    });
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    stdout.write(`error: ${error.message}\n`);
    return;
  } finally {
    progress.stop();
  }
  stdout.write(`Created new model '${model}'\n`);
}

/** From the session's own model, so that what it says of itself and was not changed here is kept. */
export function savedModel(session: Session, model: string): CreateRequest {
  const messages = [...session.modelMessages, ...session.turns];
  return {
    model,
    from: session.model,
    ...(session.system && { system: session.system }),
    ...(Object.keys(session.options).length > 0 && { parameters: session.options }),
    ...(messages.length > 0 && { messages }),
  };
}
