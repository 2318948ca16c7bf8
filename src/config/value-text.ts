import { formatDuration } from '../base/duration.ts';
import { GIB } from '../base/units.ts';
import { type HostAddress, hostUrl } from './host.ts';
import type { FileForm } from './values.ts';

/** Words that `ollama config` shows in place of a special value of a setting. */
export interface ValueWords {
  /** For 0. */
  readonly zero?: string;
  /** For Infinity; "none" unless given. */
  readonly unlimited?: string;
  /** For an empty text or list; "none" unless given. */
  readonly empty?: string;
}

/** Largest first. A size is shown in the first unit that it is a multiple of, with at most one decimal place. */
const units: readonly (readonly [bytes: number, name: string])[] = [
  [1024 ** 4, 'TiB'],
  [1000 ** 4, 'TB'],
  [GIB, 'GiB'],
  [1000 ** 3, 'GB'],
  [1024 ** 2, 'MiB'],
  [1000 ** 2, 'MB'],
  [1024, 'KiB'],
  [1000, 'KB'],
];
const isBinary = ([, name]: readonly [bytes: number, name: string]) => name.includes('i');

/** "1 GiB", "512 MB"; a number of bytes that is not round in any unit is rounded to a binary one. */
function sizeText(bytes: number): string {
  const fitting = units.filter(([size]) => bytes >= size);
  const exact = fitting.find(([size]) => (bytes * 10) % size === 0);
  const [size, name] = exact ?? fitting.find(isBinary) ?? [1, 'B'];
  return `${Number((bytes / size).toFixed(1))} ${name}`;
}

/** "5m", "1h30m": as Go writes durations, without zeros at the end. */
function durationText(milliseconds: number): string {
  return formatDuration(milliseconds)
    .replace(/(?<=m)0s$/, '')
    .replace(/(?<=h)0m$/, '');
}

function numberText(value: number, form: FileForm | undefined, { zero, unlimited }: ValueWords): string {
  if (value === 0 && zero !== undefined) return zero;
  if (value === Number.POSITIVE_INFINITY) return unlimited ?? 'none';
  if (form?.kind === 'duration') return durationText(value);
  return form?.kind === 'size' ? sizeText(value) : String(value);
}

/** The value of any setting. */
export type SettingValue = string | number | boolean | readonly string[] | HostAddress;

/** A setting's value for people. Durations are in milliseconds, sizes in bytes. */
export function valueText(value: SettingValue, form: FileForm | undefined, words: ValueWords = {}): string {
  if (typeof value === 'number') return numberText(value, form, words);
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'object' && 'port' in value) return hostUrl(value);
  const text = typeof value === 'string' ? value : value.join(', ');
  return text === '' ? (words.empty ?? 'none') : text;
}
