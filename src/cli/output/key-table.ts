import type { KeyInfo } from '../../api/keys.ts';
import { renderTable } from './table.ts';

const NONE = '-';

/** @param columns of the terminal; undefined = no limit */
export function keyTable(keys: readonly KeyInfo[], columns: number | undefined): string {
  const rows = keys.map((key) => [
    key.name,
    key.id,
    key.scopes.join(','),
    key.models.join(',') || 'all',
    limitsText(key) || NONE,
    key.expires_at?.slice(0, 'YYYY-MM-DD'.length) ?? 'never',
  ]);
  return renderTable(['NAME', 'ID', 'SCOPES', 'MODELS', 'LIMITS', 'EXPIRES'], rows, columns);
}

function limitsText(key: KeyInfo): string {
  const limits: [string, number | undefined][] = [
    ['rpm', key.requests_per_minute],
    ['rpd', key.requests_per_day],
    ['tpm', key.tokens_per_minute],
    ['tpd', key.tokens_per_day],
    ['concurrent', key.concurrent],
  ];
  return limits.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join(' ');
}

/** Every field of one key, a line each. */
export function keyDetails(key: KeyInfo): string {
  const lines: [string, string | undefined][] = [
    ['name', key.name],
    ['id', key.id],
    ['scopes', key.scopes.join(', ')],
    ['models', key.models.join(', ') || 'all'],
    ['limits', limitsText(key) || 'none'],
    ['priority', `at most ${key.priority}`],
    ['created', key.created_at],
    ['expires', key.expires_at ?? 'never'],
    ['old key', key.previous_expires_at && `accepted until ${key.previous_expires_at}`],
    ['kept in', key.source],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines
    .flatMap(([name, text]) => (text === undefined ? [] : [`${name.padEnd(width)}  ${text}\n`]))
    .join('');
}
