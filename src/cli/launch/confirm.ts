import { OllamaError } from '../../base/errors.ts';
import { askLine } from '../ask-line.ts';
import type { CommandContext } from '../command.ts';
import { isInteractive } from './picker/picker.ts';

/**
 * Asks a question with the answer yes or no; Enter alone means yes.
 * @param yes the answer is yes without a question
 * @throws OllamaError in Ollama's words if nobody can answer; `canceled` at Ctrl-C
 */
export async function confirm(
  question: string,
  yes: boolean,
  { stdin, stdout, stderr }: Pick<CommandContext, 'stdin' | 'stdout' | 'stderr'>,
): Promise<boolean> {
  if (yes) return true;
  if (!isInteractive({ stdin, stdout })) {
    throw new OllamaError(
      'invalid-request',
      `${question} requires confirmation; re-run with --yes to continue`,
    );
  }
  const answer = await askLine(`${question} (y/n) `, { stdin, stderr }, { hidden: false });
  return /^(?:y|yes|)$/i.test(answer.trim());
}
