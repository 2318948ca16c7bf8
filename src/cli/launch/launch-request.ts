import { OllamaError } from '../../base/errors.ts';
import { type CommandInput, textFlag } from '../command.ts';

/** What the command line asks for. */
export interface LaunchRequest {
  /** Absent = the menu. */
  readonly name?: string;
  readonly model?: string;
  /** Arguments for the program. */
  readonly args: readonly string[];
  readonly configureOnly: boolean;
  readonly restore: boolean;
  readonly yes: boolean;
}

const refuse = (message: string) => new OllamaError('invalid-request', message);

/** @throws OllamaError in Ollama's words */
export function readLaunchRequest({ positionals, beforeDashes, flags }: CommandInput): LaunchRequest {
  const named = positionals.slice(0, beforeDashes);
  const args = beforeDashes === undefined ? [] : positionals.slice(beforeDashes);
  if (named.length > 1) throw tooMany(named, beforeDashes !== undefined);
  const [name] = named;
  const model = textFlag(flags, 'model');
  const isFlagged = ['model', 'config', 'restore', 'yes'].some((flag) => flags[flag] !== undefined);
  if (name === undefined && (isFlagged || args.length > 0)) {
    throw refuse(
      "flags and extra args require an integration name, for example: 'ollama launch claude --model qwen3.5'",
    );
  }
  const configureOnly = flags.config === true;
  const restore = flags.restore === true;
  if (restore && (model !== undefined || configureOnly || args.length > 0)) {
    throw refuse('--restore cannot be combined with --model, --config, or extra args');
  }
  return {
    args,
    configureOnly,
    restore,
    yes: flags.yes === true,
    ...(name !== undefined && { name }),
    ...(model !== undefined && model !== '' && { model }),
  };
}

function tooMany(named: readonly string[], hasDashes: boolean): OllamaError {
  if (hasDashes) return refuse(`expected at most 1 integration name before '--', got ${named.length}`);
  const extra = named.slice(1).join(' ');
  return refuse(`unexpected arguments: [${extra}]\nUse '--' to pass extra arguments to the integration`);
}
