/** The sections of `ollama show`: indented two-column tables, a blank line after each. */
import type { ShowResponse } from '../../api/show.ts';
import { humanNumber } from '../../base/human.ts';

export interface ModelTablesOptions {
  /** Also metadata and tensors. */
  readonly verbose?: boolean;
}

type Rows = readonly (readonly string[])[];

const SHOWN_LINES = 2;
const SHOWN_ARRAY_COLUMNS = 10;

export function renderModelTables(show: ShowResponse, { verbose = false }: ModelTablesOptions = {}): string {
  return [
    section('Model', modelRows(show)),
    section(
      'Capabilities',
      (show.capabilities ?? []).map((capability) => [capability]),
    ),
    section('Projector', projectorRows(show)),
    section('Parameters', parameterRows(show)),
    ...(verbose ? [section('Metadata', metadataRows(show)), section('Tensors', tensorRows(show))] : []),
    section('System', firstLines(show.system)),
    section('License', firstLines(show.license)),
  ].join('');
}

export function section(title: string, rows: Rows): string {
  if (rows.length === 0) return '';
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(
    (row) => `    ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('    ')}    `,
  );
  return `  ${title}\n${lines.join('\n')}\n\n`;
}

function infoNumber(info: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = info[key];
  return typeof value === 'number' ? String(value) : undefined;
}

function present(rows: readonly (readonly [string, string | undefined])[]): Rows {
  return rows.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]]));
}

function modelRows({ details, model_info: info, requires }: ShowResponse): Rows {
  const architecture = String(info['general.architecture'] ?? details.family);
  const count = info['general.parameter_count'];
  return present([
    ['architecture', architecture],
    ['parameters', details.parameter_size || (typeof count === 'number' ? humanNumber(count) : undefined)],
    ['context length', infoNumber(info, `${architecture}.context_length`)],
    ['embedding length', infoNumber(info, `${architecture}.embedding_length`)],
    ['quantization', details.quantization_level],
    ['requires', requires],
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
  if (!Array.isArray(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const shown = value.slice(0, SHOWN_ARRAY_COLUMNS).map((item) => String(item));
  const more = value.length > shown.length ? ` ...+${value.length - shown.length} more` : '';
  return `[${shown.join(', ')}${more}]`;
}

function tensorRows({ tensors = [] }: ShowResponse): Rows {
  return tensors.map(({ name, type, shape }) => [name, type, `[${shape.join(' ')}]`]);
}

function firstLines(text = ''): Rows {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const shown = lines.slice(0, SHOWN_LINES).map((line) => [line.trim()]);
  return lines.length > SHOWN_LINES ? [...shown, ['...']] : shown;
}
