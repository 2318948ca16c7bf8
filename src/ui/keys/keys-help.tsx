import { useEffect, useRef } from 'preact/hooks';
import { areKeysShown } from '../search/palette-state.ts';
import { words } from '../words/words.ts';
import { KeyCaps } from './key-caps.tsx';
import { type KeyGroup, type KeyName, keyTable } from './key-table.ts';
import { useKey } from './use-key.ts';

const groups: readonly KeyGroup[] = ['everywhere', 'chat', 'writing'];
const names = Object.keys(keyTable) as KeyName[];

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
      {groups.map((group) => (
        <table key={group}>
          <caption>{text.keyGroups[group]}</caption>
          <tbody>
            {names
              .filter((name) => keyTable[name].group === group)
              .map((name) => (
                <tr key={name}>
                  <td>{text.keys[name]}</td>
                  <td>
                    <KeyCaps name={name} />
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      ))}
      <p class="small">{text.applesCommand}</p>
    </section>
  );
}
