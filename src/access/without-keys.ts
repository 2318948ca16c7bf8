/** What `newKey` makes, wherever it is in a text. */
const keyPattern = /ok-[A-Za-z0-9_-]{43}/g;

/** A text for the log or an error, in which no key stands, even if somebody put one where a name belongs. */
export function withoutKeys(text: string): string {
  return text.replace(keyPattern, 'ok-…');
}
