import { join } from 'node:path';
import { OllamaError } from '../../base/errors.ts';
import type { Environment } from '../../config/environment.ts';
import { userFolder } from '../../config/environment.ts';
import type { CommandContext } from '../command.ts';
import { ChangedFiles } from './files/changed-files.ts';
import type { Integration } from './integration.ts';

/** The files that launches of an integration change. Copies are where Ollama puts them. */
export function filesOf({ name }: Pick<Integration, 'name'>, environment: Environment): ChangedFiles {
  return new ChangedFiles(join(userFolder(environment), 'backup', name));
}

/** Undoes what launches of an integration changed. @throws OllamaError in Ollama's words if they change no files */
export async function restoreIntegration(
  integration: Integration,
  { environment, stdout }: Pick<CommandContext, 'environment' | 'stdout'>,
): Promise<void> {
  const { name, title, changesFiles } = integration;
  if (!changesFiles) {
    throw new OllamaError(
      'invalid-request',
      `${name} does not support --restore: its launch changes no files`,
    );
  }
  const restored = await filesOf(integration, environment).restore();
  if (restored.length === 0) stdout.write(`nothing to restore: no launch has changed files of ${title}\n`);
  for (const { path, action, kept } of restored) {
    const note = kept === undefined ? '' : ` (it was changed after the launch; that version is now ${kept})`;
    stdout.write(`${action} ${path}${note}\n`);
  }
}
