import { useEffect, useRef } from 'preact/hooks';
import { isComposing } from './composing.ts';
import { type KeyName, keyName } from './key-table.ts';

/** @returns false if it had nothing to do, so that an earlier handler or the browser gets the key */
type KeyHandler = () => unknown;

const handlers = new Map<KeyName, KeyHandler[]>();

function isInText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button'].includes(target.type);
  return (
    target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable
  );
}

/** Follows the table of keys. What an element has handled itself is left alone, and so are keys of an input method. */
export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || isComposing(event)) return;
    const name = keyName(event, isInText(event.target));
    if (name === undefined) return;
    const isHandled = (handlers.get(name) ?? []).toReversed().some((handler) => handler() !== false);
    if (isHandled) event.preventDefault();
  });
}

/** Does something when a key of the table is pressed, while the component is shown. The newest component gets it first. */
export function useKey(name: KeyName, handler: KeyHandler): void {
  const current = useRef(handler);
  current.current = handler;
  useEffect(() => {
    const own: KeyHandler = () => current.current();
    handlers.set(name, [...(handlers.get(name) ?? []), own]);
    return () => {
      handlers.set(
        name,
        (handlers.get(name) ?? []).filter((one) => one !== own),
      );
    };
  }, [name]);
}
