/** Addresses in answers. */

const schemes = new Set(['http:', 'https:', 'mailto:']);
/** Longer addresses carry data and not the name of a place. */
const MAX_ADDRESS_CHARACTERS = 2000;

export interface Address {
  readonly href: string;
  /** What is shown beside a text that says something else: the host as the browser resolves it. */
  readonly place: string;
}

/** What a link may open; undefined for anything but a page or a mail address. */
export function addressOf(target: string): Address | undefined {
  if (target.length > MAX_ADDRESS_CHARACTERS || !URL.canParse(target)) return undefined;
  const url = new URL(target);
  if (!schemes.has(url.protocol)) return undefined;
  return { href: url.href, place: url.protocol === 'mailto:' ? url.pathname : url.host };
}

/** Whether the text of a link shows where it leads. */
export function showsPlace(text: string, { href, place }: Address): boolean {
  const shown = text.trim().replace(/\/$/, '');
  return (
    shown === href.replace(/\/$/, '') || shown === place || `http://${shown}` === href.replace(/\/$/, '')
  );
}
