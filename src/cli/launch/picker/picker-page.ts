import type { Frame, Row } from '../../editor/layout.ts';
import { cutToWidth, textWidth } from '../../output/cut-to-width.ts';
import { type PickerItem, type PickerState, shownItems } from './picker-state.ts';

const HELP = '↑/↓ to move, Enter to choose, Esc to cancel';
const NOTHING = '  nothing matches';
const GAP = '   ';
/** The question, the help, and the line where the shell's prompt was. */
const OTHER_ROWS = 3;

/** How the list looks in a terminal of a size; of a long list, the part around the selected item. */
export function pickerPage(
  question: string,
  state: PickerState,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): Frame {
  const shown = shownItems(state);
  const height = Math.max(1, rows - OTHER_ROWS);
  const first = Math.max(0, Math.min(state.selected - Math.floor(height / 2), shown.length - height));
  const visible = shown.slice(first, first + height);
  const width = Math.max(0, ...visible.map((item) => textWidth(titleOf(item))));
  const items = visible.map((item, index) =>
    itemRow(item, { isSelected: first + index === state.selected, width, columns }),
  );
  const head = row(`${question} ${state.filter}`, columns);
  return {
    columns,
    rows: [
      head,
      ...(items.length > 0 ? items : [row(NOTHING, columns)]),
      { ...row('', columns), hint: cutToWidth(HELP, columns - 1) },
    ],
    cursor: { row: 0, column: Math.min(head.width, columns - 1) },
  };
}

function titleOf({ name, title }: PickerItem): string {
  return title ?? name;
}

function itemRow(
  item: PickerItem,
  { isSelected, width, columns }: { isSelected: boolean; width: number; columns: number },
): Row {
  const own = row(`${isSelected ? '▸' : ' '} ${titleOf(item)}`, columns);
  const space = ' '.repeat(width - textWidth(titleOf(item)));
  const room = columns - 1 - own.width - space.length - GAP.length;
  if (item.description === undefined || room < 1) return own;
  return { ...own, hint: `${space}${GAP}${cutToWidth(item.description, room)}` };
}

/** One row; the last column stays free, so that no terminal wraps it. */
function row(text: string, columns: number): Row {
  const cut = cutToWidth(text, columns - 1);
  return { text: cut, width: textWidth(cut), isWrapped: false };
}
