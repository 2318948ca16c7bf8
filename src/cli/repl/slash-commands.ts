import { type Effect, note, print, type ShowSection, type Step, showSections, step } from './effect.ts';
import { findPaths } from './file-paths.ts';
import { helpText } from './help.ts';
import { clearTurns, type Session } from './session.ts';
import { runSet } from './set-commands.ts';
import { unknownCommand } from './unknown-slash-command.ts';

type SlashCommand = (session: Session, words: readonly string[]) => Step;

/** The first command that the input begins with is run, so `/exit!` exits too. */
const slashCommands: readonly (readonly [beginning: string, run: SlashCommand])[] = [
  ['/list', (session, [prefix]) => step(session, { type: 'list', prefix })],
  ['/load', withModelName('Usage:\n  /load <modelname>', (model) => ({ type: 'load', model }))],
  ['/save', withModelName('Usage:\n  /save <modelname>', (model) => ({ type: 'save', model }))],
  ['/clear', (session) => step(clearTurns(session), print('Cleared session context'))],
  ['/set', runSet],
  ['/show', show],
  ['/help', help],
  ['/?', help],
  ['/exit', (session) => step(session, { type: 'exit' })],
  ['/bye', (session) => step(session, { type: 'exit' })],
];

/** A word, or several in double quotes, which stay for the command to take away. */
const WORD = /"[^"]*"(?!\S)|\S+/g;

/** Runs a line that begins with `/`: a command, or a message that begins with the path of a file. */
export function runSlashCommand(session: Session, line: string): Step {
  const [name = '', ...words] = line.match(WORD) ?? [];
  const isFile = session.isMultimodal && beginsWithPath(line, name);
  const found = slashCommands.find(([beginning]) => name.startsWith(beginning));
  // No command contains a second slash, but /set/one.png may be a file.
  if (isFile && (!found || name.lastIndexOf('/') > 0)) {
    return step(session, { type: 'chat', message: line });
  }
  return found ? found[1](session, words) : step(session, unknownCommand(name));
}

function beginsWithPath(line: string, firstWord: string): boolean {
  return findPaths(line).some((path) => path.startsWith(firstWord) || firstWord.startsWith(path));
}

function help(session: Session, [topic]: readonly string[]): Step {
  return step(session, note(helpText(topic, session.isMultimodal)));
}

function withModelName(usage: string, effect: (model: string) => Effect): SlashCommand {
  return (session, words) => {
    const [model] = words;
    if (model === undefined || words.length > 1) return step(session, print(usage));
    return step(session, effect(model));
  };
}

function show(session: Session, [section]: readonly string[]): Step {
  if (section === undefined) return step(session, note(helpText('show')));
  if (!isSection(section)) return step(session, unknownCommand(`/show ${section}`));
  return step(session, { type: 'show', section });
}

function isSection(text: string): text is ShowSection {
  return showSections.some((section) => section === text);
}
