/** The prompt as a pure function: it maps a session and a line of input to the next session and a list of effects. */
import { note, print, type Step, step } from './effect.ts';
import { type OpenText, type Session, setSystem } from './session.ts';
import { runSlashCommand } from './slash-commands.ts';

const QUOTES = '"""';

/** Processes one line without its line break. Pasted text may contain several lines. */
export function submitLine(session: Session, line: string): Step {
  if (session.openText) return continueText(session, session.openText, line);
  if (line.startsWith(QUOTES)) return openText(session, 'message', line);
  if (!line.startsWith('/')) return line.trim() === '' ? step(session) : say(session, line);
  const system = /^\/set\S*\s+system\s+(\S.*)$/s.exec(line)?.[1];
  if (system === undefined) return runSlashCommand(session, line);
  return system.startsWith(QUOTES)
    ? openText(session, 'system', system)
    : closeText(session, 'system', system);
}

/** Handles Ctrl-C at the prompt: discards the text that has been typed. */
export function interrupt(session: Session, isLineEmpty: boolean): Step {
  const next: Session = { ...session, openText: undefined };
  return isLineEmpty ? step(next, print('\nUse Ctrl + d or /bye to exit.')) : step(next);
}

function openText(session: Session, purpose: OpenText['purpose'], line: string): Step {
  return continueText(session, { purpose, lines: [] }, line.slice(QUOTES.length));
}

function continueText(session: Session, { purpose, lines }: OpenText, line: string): Step {
  if (!line.endsWith(QUOTES)) {
    return step({ ...session, openText: { purpose, lines: [...lines, line] } });
  }
  const text = [...lines, line.slice(0, -QUOTES.length)].join('\n');
  return closeText({ ...session, openText: undefined }, purpose, text);
}

function closeText(session: Session, purpose: OpenText['purpose'], text: string): Step {
  if (purpose === 'system') return step(setSystem(session, text), print('Set system message.'));
  return text.trim() === '' ? step(session, note('The message is empty.')) : say(session, text);
}

function say(session: Session, message: string): Step {
  return step(session, { type: 'chat', message });
}
