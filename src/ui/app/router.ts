/** The address of the page: which page is open, and what its query names. */
import { computed, signal } from '@preact/signals';

const address = signal({ path: '/', query: '' });

/** The path of the open page. */
export const path = computed(() => address.value.path);
/** The query of the address. */
export const query = computed(() => new URLSearchParams(address.value.query));

function read(): void {
  address.value = { path: location.pathname, query: location.search };
}

/** Goes to an address of this page. `replace` makes no entry in the history. */
export function navigate(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search) return;
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  read();
}

/** Whether a click on a link opens it here, and not in another tab or window. */
function opensHere(event: MouseEvent, link: HTMLAnchorElement): boolean {
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  return isPlain && link.origin === location.origin && link.dataset.page !== undefined;
}

/** Follows the address, and opens links marked with `data-page` without loading the document again. */
export function followAddress(): void {
  read();
  addEventListener('popstate', read);
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || event.defaultPrevented || !opensHere(event, link)) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}
