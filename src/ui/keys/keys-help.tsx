import { useEffect, useRef } from 'preact/hooks';
import { areKeysShown } from '../search/palette-state.ts';
import { words } from '../words/words.ts';
import { KeyTables } from './key-tables.tsx';
import { useKey } from './use-key.ts';

/** All keys of the page. */
export function KeysHelp() {
  const button = useRef<HTMLButtonElement>(null);
  const before = useRef(document.activeElement);
  const text = words.value.palette;
  const close = () => {
    areKeysShown.value = false;
    if (before.current instanceof HTMLElement) before.current.focus();
  };
  useEffect(() => button.current?.focus(), []);
  useKey('stop', close);
  return (
    <section class="keys-help" role="dialog" aria-labelledby="keys-help-title">
      <header>
        <h2 id="keys-help-title">{text.keysTitle}</h2>
        <button ref={button} type="button" class="quiet" onClick={close}>
          {text.close}
        </button>
      </header>
      <KeyTables />
    </section>
  );
}
