const pad = (value: number, width = 2) => String(value).padStart(width, '0');
const named = (time: Date, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-US', options).format(time);

const directives: Readonly<Record<string, (time: Date) => string>> = {
  Y: (time) => pad(time.getFullYear(), 4),
  y: (time) => pad(time.getFullYear() % 100),
  m: (time) => pad(time.getMonth() + 1),
  d: (time) => pad(time.getDate()),
  e: (time) => String(time.getDate()).padStart(2, ' '),
  H: (time) => pad(time.getHours()),
  I: (time) => pad(time.getHours() % 12 || 12),
  M: (time) => pad(time.getMinutes()),
  S: (time) => pad(time.getSeconds()),
  p: (time) => (time.getHours() < 12 ? 'AM' : 'PM'),
  B: (time) => named(time, { month: 'long' }),
  b: (time) => named(time, { month: 'short' }),
  A: (time) => named(time, { weekday: 'long' }),
  a: (time) => named(time, { weekday: 'short' }),
  F: (time) => formatTime('%Y-%m-%d', time),
  T: (time) => formatTime('%H:%M:%S', time),
  '%': () => '%',
};

/** C's `strftime` in local time, with the directives that chat templates use; other directives stay as written. */
export function formatTime(format: string, time: Date): string {
  return format.replace(/%-?(.)/g, (whole: string, letter: string) => {
    const text = directives[letter]?.(time);
    if (text === undefined) return whole;
    return whole.startsWith('%-') ? text.replace(/^[0 ]+(?=.)/, '') : text;
  });
}
