/** Carries out the effects of a line of input. */
import { isCancellation, messageOf, OllamaError } from '../../base/errors.ts';
import { ModelName } from '../../names/model-name.ts';
import type { CommandContext } from '../command.ts';
import { listCommand } from '../commands/list.ts';
import { isNotFound } from '../commands/unload.ts';
import { ProgressView } from '../output/progress.ts';
import { chatTurn } from './chat-turn.ts';
import type { Effect, ShowSection } from './effect.ts';
import { withInterrupt } from './interrupt.ts';
import { loadModel } from './load.ts';
import { savedModel } from './saved-model.ts';
import { type Session, switchModel } from './session.ts';
import { showRequest, showText } from './show-text.ts';

/** Effects that concern more than the prompt itself. */
export type OutsideEffect = Exclude<Effect, { type: 'history' | 'exit' }>;

/** @returns the session afterwards */
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
      return chatTurn(session, effect.message, context);
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

async function show(
  section: ShowSection,
  session: Session,
  { client, stdout, stderr }: CommandContext,
): Promise<void> {
  const text = showText(section, await client.show(showRequest(section, session)), session);
  (section === 'info' ? stderr : stdout).write(text);
}

async function load(session: Session, model: string, context: CommandContext): Promise<Session> {
  const { client, stdout } = context;
  stdout.write(`Loading model '${model}'\n`);
  try {
    const next = switchModel(session, model, await client.show({ model }));
    await withInterrupt((signal) => loadModel(next, context, signal));
    return next;
  } catch (error) {
    if (isCancellation(error)) return session;
    const reason = isNotFound(error)
      ? `Couldn't find model '${model}'`
      : `Couldn't load model: "${messageOf(error)}"`;
    stdout.write(`${reason}\n`);
    return session;
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
