/** The sections of `ollama show`: indented two-column tables, each followed by a blank line. */
import type { ShowResponse } from '../../api/show.ts';
import { humanNumber } from '../../base/human.ts';
import { wrapCell } from './cell-wrap.ts';
import { textWidth } from './cut-to-width.ts';

export interface ModelTablesOptions {
  /** Whether to include metadata and tensors. */
  readonly verbose?: boolean;
  /** Width of a terminal that is too narrow for columns. */
  readonly columns?: number | undefined;
}

interface SectionOptions {
  readonly columns?: number | undefined;
  /** Maximum number of columns per line of a cell. */
  readonly limit?: number;
}

type Rows = readonly (readonly string[])[];

const GAP = '    ';
const SHOWN_LINES = 2;
const SHOWN_ARRAY_COLUMNS = 10;
/** Column at which Ollama breaks cells. */
const CELL_COLUMNS = 30;
const TEXT_COLUMNS = 100;

export function renderModelTables(
  show: ShowResponse,
  { verbose = false, columns }: ModelTablesOptions = {},
): string {
  const part = (title: string, rows: Rows) => section(title, rows, { columns });
  const text = (title: string, lines: Rows) => section(title, lines, { columns, limit: TEXT_COLUMNS });
  return [
    part('Model', modelRows(show)),
    part(
      'Capabilities',
      (show.capabilities ?? []).map((capability) => [capability]),
    ),
    part('Projector', projectorRows(show)),
    part('Parameters', parameterRows(show)),
    ...(verbose ? [part('Metadata', metadataRows(show)), part('Tensors', tensorRows(show))] : []),
    text('Import', importRows(show)),
    text('Speed', show.speed ? [[show.speed.advice]] : []),
    text('System', firstLines(show.system)),
    text('License', firstLines(show.license)),
  ].join('');
}

/**
 * Formats a title and rows of columns. Long cells are broken between words.
 * @param columns width of a narrow terminal, where the cells are below each other
 */
export function section(
  title: string,
  rows: Rows,
  { columns, limit = CELL_COLUMNS }: SectionOptions = {},
): string {
  if (rows.length === 0) return '';
  if (columns !== undefined) return `  ${title}\n${rows.map(stackedRow).join('')}\n`;
  const wrapped = rows.map((row) => row.map((cell) => wrapCell(cell, limit)));
  const widths = (wrapped[0] ?? []).map((_, column) =>
    Math.max(...wrapped.flatMap((row) => (row[column] ?? []).map(textWidth))),
  );
  const lines = wrapped.flatMap((row) => {
    const height = Math.max(...row.map((cell) => cell.length));
    return Array.from({ length: height }, (_, line) => tableLine(row, line, widths));
  });
  return `  ${title}\n${lines.join('')}\n`;
}

function tableLine(row: readonly (readonly string[])[], line: number, widths: readonly number[]): string {
  const cells = row.map((cell, column) => {
    const text = cell[line] ?? '';
    return text + ' '.repeat(Math.max(0, (widths[column] ?? 0) - textWidth(text)));
  });
  return `${GAP}${cells.join(GAP)}${GAP}\n`;
}

function stackedRow([first = '', ...others]: readonly string[]): string {
  return `${first}\n${others.map((cell) => `  ${cell}\n`).join('')}`;
}

function infoNumber(info: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = info[key];
  return typeof value === 'number' ? String(value) : undefined;
}

function present(rows: readonly (readonly [string, string | undefined])[]): Rows {
  return rows.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]]));
}

function modelRows(show: ShowResponse): Rows {
  const { details, model_info: info, requires } = show;
  const architecture = String(info['general.architecture'] ?? details.family);
  const count = info['general.parameter_count'];
  return present([
    ['Remote model', show.remote_host && show.remote_model],
    ['Remote URL', show.remote_host],
    ['architecture', architecture],
    ['parameters', details.parameter_size || (typeof count === 'number' ? humanNumber(count) : undefined)],
    ['context length', infoNumber(info, `${architecture}.context_length`)],
    ['embedding length', infoNumber(info, `${architecture}.embedding_length`)],
    ['quantization', details.quantization_level],
    ['requires', requires],
  ]);
}

/** Absent unless the request was for everything. */
function importRows({ imported = [] }: ShowResponse): Rows {
  return imported.flatMap(({ part, source, type, converter, dropped, warnings = [] }) => [
    [part, `${source}, converted to ${type} by version ${converter}`],
    ...dropped.map((what) => ['left out', what]),
    ...warnings.map((what) => ['warning', what]),
  ]);
}

function projectorRows({ projector_info: info }: ShowResponse): Rows {
  if (!info) return [];
  const architecture = String(info['general.architecture'] ?? '');
  const part = `${architecture}.${info[`${architecture}.vision.block_count`] === undefined ? 'audio' : 'vision'}`;
  const count = info['general.parameter_count'];
  return present([
    ['architecture', architecture],
    ['parameters', typeof count === 'number' ? humanNumber(count) : undefined],
    ['embedding length', infoNumber(info, `${part}.embedding_length`)],
    ['dimensions', infoNumber(info, `${part}.projection_dim`)],
  ]);
}

function parameterRows({ parameters = '' }: ShowResponse): Rows {
  return parameters
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...value] = line.trim().split(/\s+/);
      return [name, value.join(' ')];
    });
}

function metadataRows({ model_info: info }: ShowResponse): Rows {
  return Object.keys(info)
    .sort()
    .map((key) => [key, metadataText(info[key])]);
}

function metadataText(value: unknown): string {
  if (Array.isArray(value)) return arrayText(value.map(itemText));
  return itemText(value);
}

function itemText(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  if (value === null || value === undefined) return '<nil>';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** As many items as fit, but at least one, and the number of the remaining ones. */
function arrayText(items: readonly string[]): string {
  let width = 1;
  let shown = 0;
  for (const item of items) {
    width += textWidth(item) + (shown > 0 ? 2 : 0);
    if (width > SHOWN_ARRAY_COLUMNS && shown > 0) break;
    shown++;
  }
  const more = items.length > shown ? ` ...+${items.length - shown} more` : '';
  return `[${items.slice(0, shown).join(' ')}${more}]`;
}

function tensorRows({ tensors = [] }: ShowResponse): Rows {
  return tensors.map(({ name, type, shape }) => [name, type, `[${shape.join(' ')}]`]);
}

function firstLines(text = ''): Rows {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const shown = lines.slice(0, SHOWN_LINES).map((line) => [line.trim()]);
  return lines.length > SHOWN_LINES ? [...shown, ['...']] : shown;
}

/** Numbers with a higher or lower power of ten are written with an exponent. */
const HIGHEST_EXPONENT = 5;
const LOWEST_EXPONENT = -4;

/** Formats a number like Go's `%g`: "8192", "1.34515008e+08", "1e-05". */
export function numberText(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= LOWEST_EXPONENT && exponent <= HIGHEST_EXPONENT) return String(value);
  const sign = exponent < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
