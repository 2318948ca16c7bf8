import { dirname } from 'node:path';
import { OllamaError } from '../../base/errors.ts';
import { apiKeyOf, userFolder } from '../../config/environment.ts';
import { connectableUrl } from '../../config/host.ts';
import type { CommandContext } from '../command.ts';
import { adviceFor } from './advice.ts';
import { confirm } from './confirm.ts';
import type { Integration, LaunchModel, LaunchPlan, LaunchSetup } from './integration.ts';
import type { LaunchRequest } from './launch-request.ts';
import { LaunchState } from './launch-state.ts';
import { chooseModel, showOrPull } from './model-choice.ts';
import { factsFromList, factsFromShow, isSameModel } from './model-facts.ts';
import { withCompanion } from './program/companion.ts';
import { findProgram, requireVersion } from './program/find-program.ts';
import { runProgram } from './program/run-program.ts';
import { filesOf } from './restore.ts';

/**
 * Sets up a program for a model of this server, and runs it.
 * @returns the program's exit code
 * @throws OllamaError; nothing has been changed unless the program was reached
 */
export async function launchIntegration(
  integration: Integration,
  request: LaunchRequest,
  context: CommandContext,
  signal: AbortSignal,
): Promise<number> {
  const { environment, stderr } = context;
  const host = programAddress(context);
  const home = dirname(userFolder(environment));
  const path = request.configureOnly ? undefined : findProgram(integration, { home, environment });
  if (path !== undefined) await requireVersion(path, integration);
  const state = await LaunchState.read(userFolder(environment));
  const saved = state.modelsOf(integration.name);
  const name = await chooseModel(integration, request, saved, context);
  const model = factsFromShow(name, await showOrPull(name, request.yes, context, signal));
  if (apiKeyOf(environment) !== '' && integration.takesKey !== true) {
    const title = integration.title;
    stderr.write(
      `Warning: ${title} reads keys only from its own settings: put the key of this server there\n`,
    );
  }
  const advice = adviceFor(model, integration.title);
  if (advice !== undefined) stderr.write(`Warning: ${advice}\n`);
  const models = await modelsFor(integration, model, saved, context);
  const setup: LaunchSetup = { model, models, host, args: request.args, home, environment };
  await askConsent(integration, setup, request, context);
  const plan = await integration.plan(setup);
  await change(integration, plan, context);
  state.noteModels(
    integration.name,
    models.map((each) => each.name),
    integration.isOnboarded === true,
  );
  await state.save();
  if (path === undefined) {
    stderr.write(
      `${integration.title} is set up for ${name}; start it with: ollama launch ${integration.name}\n`,
    );
    return 0;
  }
  return start(path, plan, context);
}

/** @throws OllamaError for a socket file, because programs take only the URL of a server */
function programAddress({ config }: CommandContext): string {
  const url = connectableUrl(config.host).replace(/\/+$/, '');
  if (/^https?:/.test(url)) return url;
  throw new OllamaError(
    'invalid-request',
    `OLLAMA_HOST: programs cannot connect to ${url}: let the server also listen on a port (OLLAMA_LISTEN), and set OLLAMA_HOST to that`,
  );
}

/** The chosen model first, then those of the last launch that still exist, where the program offers several. */
async function modelsFor(
  { takesManyModels }: Integration,
  model: LaunchModel,
  saved: readonly string[],
  { client }: CommandContext,
): Promise<LaunchModel[]> {
  const others = saved.filter((name) => !isSameModel(name, model.name));
  if (takesManyModels !== true || others.length === 0) return [model];
  const { models } = await client.list();
  const known = others.flatMap((name) => {
    const found = models.find((listed) => isSameModel(listed.name, name));
    return found ? [{ ...factsFromList(found), name }] : [];
  });
  return [model, ...known];
}

async function askConsent(
  integration: Integration,
  setup: LaunchSetup,
  { yes, configureOnly }: LaunchRequest,
  context: CommandContext,
): Promise<void> {
  const question = configureOnly ? undefined : await integration.consent?.(setup);
  if (question === undefined || (await confirm(question, yes, context))) return;
  throw new OllamaError('canceled', 'canceled');
}

async function change(
  integration: Integration,
  { files = [] }: LaunchPlan,
  { environment, stderr }: CommandContext,
): Promise<void> {
  const paths = await filesOf(integration, environment).apply(files);
  if (paths.length === 0) return;
  stderr.write(`changed ${paths.join(', ')}; undo it with: ollama launch ${integration.name} --restore\n`);
}

async function start(path: string, plan: LaunchPlan, { environment }: CommandContext): Promise<number> {
  for (const call of plan.before ?? []) {
    const code = await runProgram(path, call, environment);
    if (code !== 0) return code;
  }
  const stop = plan.companion && (await withCompanion(path, plan.companion, environment));
  try {
    return await runProgram(path, plan, environment);
  } finally {
    stop?.();
  }
}
