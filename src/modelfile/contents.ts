import { OllamaError } from '../base/errors.ts';
import type { MessageRole, Modelfile, ModelfileCommand, TextInstruction } from './modelfile.ts';
import { isDeprecatedParameter, isListParameter, type OptionValue, parseParameter } from './parameters.ts';

/** The contents of a Modelfile after merging repeated instructions. Paths are unchanged: not resolved, not checked. */
export interface ModelfileContents {
  /** The values of every FROM in order: model names, or paths of GGUF files. */
  readonly from: readonly string[];
  readonly adapters: readonly string[];
  readonly drafts: readonly string[];
  readonly template?: string;
  readonly system?: string;
  readonly renderer?: string;
  readonly parser?: string;
  /** Version without a leading "v". */
  readonly requires?: string;
  readonly licenses: readonly string[];
  readonly parameters: Readonly<Record<string, OptionValue>>;
  readonly messages: readonly { readonly role: MessageRole; readonly content: string }[];
  /** Warnings for the user, one per deprecated parameter. */
  readonly warnings: readonly string[];
}

const number = '(?:0|[1-9]\\d*)';
const label = `(?:${number}|\\d*[A-Za-z-][0-9A-Za-z-]*)`;

/** A version of one to three numbers, with or without a leading "v"; labels only after three numbers (semver.org). */
const semanticVersion = new RegExp(
  `^v?(${number}(?:\\.${number}(?:\\.${number}(?:-${label}(?:\\.${label})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?)?)?)$`,
);

/**
 * Merges repeated instructions: the last TEMPLATE, SYSTEM, RENDERER, PARSER and REQUIRES apply, list parameters (such as
 * `stop`) collect their values, and other parameters keep their last value.
 * @throws OllamaError `invalid-request` for an unknown parameter, a value of the wrong type, or a version that is not valid
 */
export function modelfileContents(modelfile: Modelfile): ModelfileContents {
  const { commands } = modelfile;
  const requires = last(commands, 'requires');
  return {
    from: all(commands, 'from'),
    adapters: all(commands, 'adapter'),
    drafts: all(commands, 'draft'),
    ...optional('template', last(commands, 'template')),
    ...optional('system', last(commands, 'system')),
    ...optional('renderer', last(commands, 'renderer')),
    ...optional('parser', last(commands, 'parser')),
    ...optional('requires', requires === undefined ? undefined : parseRequires(requires)),
    licenses: all(commands, 'license'),
    messages: commands.flatMap((command) =>
      command.instruction === 'message' ? [{ role: command.role, content: command.value }] : [],
    ),
    ...settleParameters(commands),
  };
}

function settleParameters(
  commands: readonly ModelfileCommand[],
): Pick<ModelfileContents, 'parameters' | 'warnings'> {
  const parameters: Record<string, OptionValue> = {};
  const warnings: string[] = [];
  for (const command of commands) {
    if (command.instruction !== 'parameter') continue;
    if (isDeprecatedParameter(command.name)) {
      warnings.push(`warning: parameter ${command.name} is deprecated`);
      continue;
    }
    const value = parseParameter(command.name, command.value);
    const before = isListParameter(command.name) ? parameters[command.name] : undefined;
    const isRepeated = Array.isArray(before) && Array.isArray(value);
    parameters[command.name] = isRepeated ? [...before, ...value] : value;
  }
  return { parameters, warnings };
}

function parseRequires(text: string): string {
  const version = semanticVersion.exec(text)?.[1];
  if (version === undefined) {
    throw new OllamaError('invalid-request', 'requires must be a valid semver (e.g. 0.14.0)');
  }
  return version;
}

function all(commands: readonly ModelfileCommand[], instruction: TextInstruction): string[] {
  return commands.flatMap((command) => (command.instruction === instruction ? [command.value] : []));
}

function last(commands: readonly ModelfileCommand[], instruction: TextInstruction): string | undefined {
  return all(commands, instruction).at(-1);
}

function optional<Key extends string>(key: Key, value: string | undefined): { [K in Key]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: string });
}
