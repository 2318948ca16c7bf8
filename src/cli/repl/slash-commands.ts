import { type Effect, note, print, type ShowSection, type Step, showSections, step } from './effect.ts';
import { helpText } from './help.ts';
import type { Session } from './session.ts';
import { runSet } from './set-commands.ts';
import { unknownCommand } from './unknown-command.ts';

type SlashCommand = (session: Session, words: readonly string[]) => Step;

/** By beginning, the first that fits: `/exit!` leaves too. */
const slashCommands: readonly (readonly [beginning: string, run: SlashCommand])[] = [
  ['/list', (session, [prefix]) => step(session, { type: 'list', prefix })],
  ['/load', withModelName('Usage:\n  /load <modelname>', (model) => ({ type: 'load', model }))],
  ['/save', withModelName('Usage:\n  /save <modelname>', (model) => ({ type: 'save', model }))],
  ['/clear', (session) => step({ ...session, turns: [] }, print('Cleared session context'))],
  ['/set', runSet],
  ['/show', show],
  ['/help', (session, [topic]) => step(session, note(helpText(topic)))],
  ['/?', (session, [topic]) => step(session, note(helpText(topic)))],
  ['/exit', (session) => step(session, { type: 'exit' })],
  ['/bye', (session) => step(session, { type: 'exit' })],
];

/** Runs a line that begins with `/`. */
export function runSlashCommand(session: Session, line: string): Step {
  const [name = '', ...words] = line.trim().split(/\s+/);
  const found = slashCommands.find(([beginning]) => name.startsWith(beginning));
  return found ? found[1](session, words) : step(session, unknownCommand(name));
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
