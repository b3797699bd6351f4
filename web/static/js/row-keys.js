// j and k move through the rows of a list, Enter follows the link as always.
import { startSingleKeys } from './single-keys.js';

export function startRowKeys() {
  const links = [...document.querySelectorAll('[data-row-list] [data-row-link]')];
  if (links.length === 0) return;

  const go = (step) => {
    const here = links.indexOf(document.activeElement);
    const link = links[Math.max(0, Math.min(here + step, links.length - 1))];
    for (const row of document.querySelectorAll('[data-row-current]')) {
      row.removeAttribute('data-row-current');
    }
    link.focus();
    link.closest('tr, li')?.setAttribute('data-row-current', '');
  };

  startSingleKeys({ j: () => go(1), k: () => go(-1) });
}
