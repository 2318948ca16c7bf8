import type { WorkMeter } from '../../base/work-meter.ts';
import { COPIES } from '../limits.ts';

/** A text that the template has marked as safe in HTML: what is added to it is escaped, as markupsafe does. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};
const escaped = /[&<>'"]/g;
/** Characters of the longest escape. */
const ESCAPE_LENGTH = 5;

/** @throws OverLimit */
export function escapeHtml(text: string, meter: WorkMeter): string {
  meter.read(text.length * COPIES);
  if (text.search(escaped) < 0) return text;
  meter.ensure(text.length * ESCAPE_LENGTH * 2);
  return meter.made(text.replace(escaped, (character) => escapes[character] ?? character));
}
