import type { Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/**
 * Closes what floats when Escape is pressed in it or the focus or the pointer goes elsewhere.
 * @returns a reference for the element around the button and what it opens
 */
export function useClosing(isOpen: Signal<boolean>): RefObject<HTMLDivElement | null> {
  const around = useRef<HTMLDivElement>(null);
  const { value } = isOpen;
  useEffect(() => {
    if (!value) return;
    const listening = new AbortController();
    const { signal } = listening;
    const leave = (event: Event) => {
      if (event.target instanceof Node && !around.current?.contains(event.target)) isOpen.value = false;
    };
    const press = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || !around.current?.contains(document.activeElement)) return;
      event.preventDefault();
      isOpen.value = false;
      around.current?.querySelector('button')?.focus();
    };
    document.addEventListener('pointerdown', leave, { signal });
    document.addEventListener('focusin', leave, { signal });
    document.addEventListener('keydown', press, { signal });
    return () => listening.abort();
  }, [value, isOpen]);
  return around;
}
