import { OllamaError } from '../../../base/errors.ts';
import type { CommandContext } from '../../command.ts';
import { KeyInput } from '../../editor/key-input.ts';
import { Screen } from '../../editor/screen.ts';
import { TerminalMode } from '../../editor/terminal-mode.ts';
import { pickerPage } from './picker-page.ts';
import { type PickerItem, type PickerOutcome, pressKey, startPicker } from './picker-state.ts';

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

type Terminal = Pick<CommandContext, 'stdin' | 'stdout'>;

/** Whether somebody can answer questions. */
export function isInteractive({ stdin, stdout }: Terminal): boolean {
  return stdin.isTTY === true && stdout.isTTY === true;
}

/**
 * Lets the user choose one item in the terminal.
 * @param current the item that is selected first
 * @returns its name
 * @throws OllamaError `canceled`; in Ollama's words if nobody can choose
 */
export async function pick(
  question: string,
  items: readonly PickerItem[],
  current: string,
  terminal: Terminal,
): Promise<string> {
  if (!isInteractive(terminal)) {
    throw new OllamaError(
      'invalid-request',
      'model selection requires an interactive terminal; use --model to run in headless mode',
    );
  }
  const outcome = await ask(question, items, current, terminal);
  if (outcome.type === 'canceled') throw new OllamaError('canceled', 'canceled');
  return outcome.name;
}

function ask(
  question: string,
  items: readonly PickerItem[],
  current: string,
  { stdin, stdout }: Terminal,
): Promise<PickerOutcome> {
  return new Promise((resolve) => {
    const screen = new Screen();
    let state = startPicker(items, current);
    const draw = () => {
      const size = { columns: stdout.columns || DEFAULT_COLUMNS, rows: stdout.rows || DEFAULT_ROWS };
      stdout.write(screen.draw(pickerPage(question, state, size)));
    };
    const finish = (outcome: PickerOutcome) => {
      stdout.off('resize', draw);
      stdout.write(screen.erase());
      input.close();
      mode.close();
      resolve(outcome);
    };
    const mode = new TerminalMode({ stdin, stdout, onContinue: draw });
    const input = new KeyInput(stdin, {
      onKeys: (keys) => {
        for (const key of keys) {
          const { state: next, outcome } = pressKey(state, key);
          state = next;
          if (outcome) return finish(outcome);
        }
        draw();
      },
      onEnd: () => finish({ type: 'canceled' }),
    });
    // An earlier list has paused the input.
    input.resume();
    stdout.on('resize', draw);
    draw();
  });
}
