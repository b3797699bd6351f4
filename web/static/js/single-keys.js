// Single-key shortcuts of a page, with the switch that turns them off (WCAG 2.1.4); the choice
// stays on this computer.

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

const TYPED_INTO =
  'input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]';

function typing(target) {
  return target instanceof Element && target.closest(TYPED_INTO);
}

// `keys`: key → what it does, given the event.
export function startSingleKeys(keys) {
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

  document.addEventListener('keydown', (event) => {
    if (!on || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || !Object.hasOwn(keys, event.key)) return;
    keys[event.key](event);
    event.preventDefault();
  });
}
