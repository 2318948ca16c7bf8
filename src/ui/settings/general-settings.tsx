import { closeSession, sessionState } from '../api/session.ts';
import { theme, themes } from '../app/theme.ts';
import { KeyTables } from '../keys/key-tables.tsx';
import { chooseLanguage, chosenLanguage, dateLocale, languages, words } from '../words/words.ts';

/** What this browser keeps: language and theme; the session; and the keys. */
export function GeneralSettings() {
  const text = words.value.settings;
  return (
    <>
      <h2>{text.sections.general}</h2>
      <div class="settings-fields">
        <label>
          <span>{text.language}</span>
          <select
            value={chosenLanguage.value}
            onChange={(event) => {
              chosenLanguage.value = event.currentTarget.value;
              void chooseLanguage();
            }}
          >
            <option value="">{text.browserLanguage}</option>
            {languages.map(({ tag, name }) => (
              <option key={tag} value={tag} lang={tag}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>{text.theme}</span>
          <select
            value={theme.value}
            onChange={(event) => {
              const chosen = themes.find((name) => name === event.currentTarget.value);
              if (chosen) theme.value = chosen;
            }}
          >
            {themes.map((name) => (
              <option key={name} value={name}>
                {text.themes[name]}
              </option>
            ))}
          </select>
        </label>
      </div>
      <SessionView />
      <h3>{text.keyboard}</h3>
      <KeyTables />
    </>
  );
}

function SessionView() {
  const { session } = sessionState.value;
  const text = words.value.settings;
  return (
    <>
      <h3>{text.session}</h3>
      {session === undefined ? (
        <p>{text.noSession}</p>
      ) : (
        <>
          <p>
            {text.sessionOf(session.key.name)}{' '}
            {text.until(new Date(session.expires_at).toLocaleString(dateLocale()))}
          </p>
          <p class="small">
            {text.scopes}: {session.key.scopes.join(', ')}
          </p>
          <button type="button" onClick={() => void closeSession().then(() => location.reload())}>
            {text.signOut}
          </button>
        </>
      )}
    </>
  );
}
