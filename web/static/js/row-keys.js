// j and k move through the rows of a list, Enter follows the link as always. Single keys can be
// switched off (WCAG 2.1.4); the choice stays on this computer.

const SETTING = 'hyoka.row-keys';

function read() {
  try {
    return localStorage.getItem(SETTING) !== 'off';
  } catch {
    return true;
  }
}

function write(on) {
  try {
    localStorage.setItem(SETTING, on ? 'on' : 'off');
  } catch {
    // Storage is closed to us: the switch then holds for this page only.
  }
}

function typing(target) {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable]');
}

export function startRowKeys() {
  const links = [...document.querySelectorAll('[data-row-list] [data-row-link]')];
  if (links.length === 0) return;
  let on = read();

  for (const place of document.querySelectorAll('[data-shortcuts]')) {
    const box = place.querySelector('[data-shortcuts-switch]');
    box.checked = on;
    box.addEventListener('change', () => {
      on = box.checked;
      write(on);
    });
    place.hidden = false;
  }

  const mark = (link) => {
    for (const row of document.querySelectorAll('[data-row-current]')) {
      row.removeAttribute('data-row-current');
    }
    link.closest('tr, li')?.setAttribute('data-row-current', '');
  };

  document.addEventListener('keydown', (event) => {
    if (!on || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.key !== 'j' && event.key !== 'k') || typing(event.target)) return;
    const here = links.indexOf(document.activeElement);
    const next = event.key === 'j' ? Math.min(here + 1, links.length - 1) : Math.max(here - 1, 0);
    links[next].focus();
    mark(links[next]);
    event.preventDefault();
  });
}
