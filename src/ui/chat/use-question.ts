import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface Question<Place extends HTMLElement> {
  readonly isAsking: Signal<boolean>;
  /** Where the question and the button stand that asks it, which is the last button there in both cases. */
  readonly place: RefObject<Place>;
  /** Esc takes the question back. */
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/**
 * A question in the place of the button that asks it. The button that was pressed is gone then: the focus goes to the answer that
 * changes nothing, and back.
 */
export function useQuestion<Place extends HTMLElement>(): Question<Place> {
  const isAsking = useSignal(false);
  const place = useRef<Place | null>(null) as RefObject<Place>;
  const wasAsking = useRef(false);
  // Before the next key.
  useLayoutEffect(() => {
    if (isAsking.value !== wasAsking.current)
      place.current?.querySelector<HTMLElement>('button:last-of-type')?.focus();
    wasAsking.current = isAsking.value;
  }, [isAsking.value]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isAsking.value) return;
    event.preventDefault();
    isAsking.value = false;
  };
  return { isAsking, place, onKeyDown };
}
