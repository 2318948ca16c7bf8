/** What can be done where the user is: the palette lists it. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { KeyName } from '../keys/key-table.ts';

export interface PageAction {
  readonly id: string;
  readonly label: string;
  /** A key that does the same. */
  readonly key?: KeyName;
  readonly run: () => void;
}

type Source = () => readonly PageAction[];

const sources = signal<readonly Source[]>([]);

/** The actions of all shown components. */
export function pageActions(): readonly PageAction[] {
  return sources.value.flatMap((source) => source());
}

/** Offers actions in the palette while the component is shown. */
export function usePageActions(source: Source): void {
  const current = useRef(source);
  current.current = source;
  useEffect(() => {
    const own: Source = () => current.current();
    sources.value = [...sources.peek(), own];
    return () => {
      sources.value = sources.peek().filter((one) => one !== own);
    };
  }, []);
}
