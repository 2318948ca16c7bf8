import { words } from '../words/words.ts';
import { pages } from './pages.ts';
import { path } from './router.ts';

/** Links to all pages. */
export function Navigation() {
  return (
    <nav class="navigation" aria-label={words.value.app.navigation}>
      {pages.map((page) => (
        <a
          key={page.path}
          data-page=""
          href={page.path}
          {...(path.value === page.path && { 'aria-current': 'page' as const })}
        >
          {words.value.pages[page.name]}
        </a>
      ))}
    </nav>
  );
}
