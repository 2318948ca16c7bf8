/** The interactive prompt: reads lines, passes them to the pure part, and carries out the effects that it returns. */
import { messageOf } from '../../base/errors.ts';
import type { CommandContext } from '../command.ts';
import { editExternally, editorCommand } from '../editor/external-editor.ts';
import type { Effect } from './effect.ts';
import { carryOut } from './effects.ts';
import { HistoryFile } from './history-file.ts';
import { type LineInput, LineReader } from './line-reader.ts';
import type { Session } from './session.ts';
import { interrupt, submitLine } from './submit.ts';

/** Returns when the user exits. @throws OllamaError if the server fails */
export async function runRepl(session: Session, context: CommandContext): Promise<void> {
  const reader = await openReader(context);
  try {
    let current = session;
    for (;;) {
      const input = await reader.read((text) => submitLine(current, text).session.openText === undefined);
      if (input.type === 'end') break;
      const { session: next, effects } = decide(current, input);
      current = next;
      for (const effect of effects) {
        if (effect.type === 'exit') return;
        if (effect.type === 'history') reader.keepsHistory = effect.isKept;
        else current = await carryOut(effect, current, context);
      }
    }
    context.stdout.write('\n');
  } finally {
    reader.close();
  }
}

function decide(
  session: Session,
  input: Exclude<LineInput, { type: 'end' }>,
): { session: Session; effects: readonly Effect[] } {
  return input.type === 'line' ? submitLine(session, input.text) : interrupt(session, input.isLineEmpty);
}

async function openReader({ stdin, stdout, stderr, environment, config }: CommandContext) {
  const file = new HistoryFile(environment);
  let hasComplained = false;
  const complain = (what: string, error: unknown) => {
    if (!hasComplained) stderr.write(`Warning: cannot ${what} the history: ${messageOf(error)}\n`);
    hasComplained = true;
  };
  const loaded = config.noHistory ? [] : await file.load().catch((error: unknown) => complain('read', error));
  const { platform } = process;
  const editor = editorCommand({ setting: config.editor, environment, platform });
  const reader = new LineReader({
    stdin,
    stdout,
    history: loaded ?? [],
    onHistory: (lines) => void file.save(lines).catch((error: unknown) => complain('write', error)),
    editExternally: (text) => editExternally(text, editor),
  });
  reader.keepsHistory = !config.noHistory;
  return reader;
}
