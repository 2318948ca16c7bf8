import { parseOptions } from '../../api/options/options.ts';
import { messageOf } from '../../base/errors.ts';
import { isListParameter, isTextParameter, parseParameter } from '../../modelfile/parameters.ts';
import { note, print, type Step, step } from './effect.ts';
import { helpText } from './help.ts';
import type { Session } from './session.ts';
import { isThinkLevel, THINK_LEVELS } from './think-levels.ts';
import { unknownCommand } from './unknown-slash-command.ts';

const FORMAT_USAGE = "Invalid or missing format. For 'json' mode use '/set format json'";

type SetCommand = (session: Session, values: readonly string[]) => Step;

const setCommands: Readonly<Record<string, SetCommand>> = {
  parameter: setParameter,
  // Reached only without a text: submit.ts handles the command with a text, which may have several lines.
  system: (session) => step(session, note(helpText('set'))),
  history: (session) => step(session, { type: 'history', isKept: true }),
  nohistory: (session) => step(session, { type: 'history', isKept: false }),
  wordwrap: (session) => step({ ...session, wordWrap: true }, print("Set 'wordwrap' mode.")),
  nowordwrap: (session) => step({ ...session, wordWrap: false }, print("Set 'nowordwrap' mode.")),
  verbose: (session) => step({ ...session, verbose: true }, print("Set 'verbose' mode.")),
  quiet: (session) => step({ ...session, verbose: false }, print("Set 'quiet' mode.")),
  format: setFormat,
  noformat: (session) => step({ ...session, format: undefined }, print('Disabled format.')),
  think: setThink,
  nothink: (session) =>
    step({ ...session, think: false }, ...thinkWarnings(session), print("Set 'nothink' mode.")),
};

/** Runs `/set`. The second parameter is the list of words after it. */
export function runSet(session: Session, [name, ...values]: readonly string[]): Step {
  if (name === undefined) return step(session, note(helpText('set')));
  const run = Object.hasOwn(setCommands, name) ? setCommands[name] : undefined;
  return run ? run(session, values) : step(session, unknownCommand(`/set ${name}`));
}

function setParameter(session: Session, [name, ...values]: readonly string[]): Step {
  const [first] = values;
  if (name === undefined || first === undefined) {
    return step(session, note(helpText('parameter')));
  }
  try {
    const given = isListParameter(name) ? values.map(unquoted) : values;
    const value = parseParameter(name, isTextParameter(name) ? values.join(' ') : first);
    // Refuses values that the server would refuse, as soon as they are typed.
    const all = () => given.flatMap((text) => parseParameter(name, text));
    const parsed = parseOptions({ [name]: isListParameter(name) ? all() : value });
    const options = { ...session.options, ...parsed };
    return step({ ...session, options }, print(`Set parameter '${name}' to '${given.join(', ')}'`));
  } catch (error) {
    return step(session, print(`Couldn't set parameter: "${messageOf(error)}"`));
  }
}

/** An item of a list may contain blanks if it is in double quotes. */
function unquoted(text: string): string {
  return /^"(.*)"$/s.exec(text)?.[1] ?? text;
}

function setFormat(session: Session, [format]: readonly string[]): Step {
  if (format !== 'json') return step(session, print(FORMAT_USAGE));
  return step({ ...session, format }, print("Set format to 'json' mode."));
}

function setThink(session: Session, [level]: readonly string[]): Step {
  const warnings = thinkWarnings(session);
  if (level === undefined) return step({ ...session, think: true }, ...warnings, print("Set 'think' mode."));
  if (!isThinkLevel(level)) {
    return step(session, print(`Invalid think level '${level}': use ${THINK_LEVELS.join(', ')} or no level`));
  }
  return step({ ...session, think: level }, ...warnings, print(`Set 'think' mode to '${level}'.`));
}

function thinkWarnings({ canThink, model }: Session) {
  return canThink ? [] : [note(`warning: model "${model}" does not support thinking output`)];
}
