// Keys of the workbench. Each presses a button or follows a link that is there, so nothing is done
// that could not be done without a script; `a` opens the confirmation and approves nothing.
import { startSingleKeys } from './single-keys.js';

const MOVED = 'hyoka.workbench-moved';

export function startWorkbench() {
  const sheet = document.querySelector('[data-workbench] #sheet');
  if (!sheet) return;

  const status = document.querySelector('[data-workbench-status]');
  // A key held down must not run through the queue: each sheet is to be looked at.
  const press = (key) => (event) => {
    if (event.repeat) return;
    const target = document.querySelector(`[data-workbench-key="${key}"]:not([hidden])`);
    if (target) target.click();
    else status.textContent = status.getAttribute(`data-why-not-${key}`) ?? '';
  };
  const keys = document.querySelector('[data-workbench-keys]');
  const help = (event) => {
    if (event.repeat) return;
    keys.open = !keys.open;
    if (keys.open) keys.querySelector('summary').focus();
  };
  const search = () => document.getElementById('header-search')?.focus();
  keys.hidden = false;
  const pressed = Object.fromEntries(['j', 'k', 'x', 'a', 'c', 'e'].map((key) => [key, press(key)]));
  startSingleKeys({ ...pressed, '/': search, '?': help });

  // The number on the button follows the boxes; while none is ticked the shown sheet stands alone.
  const form = document.getElementById('workbench');
  const count = document.querySelector('[data-workbench-count]');
  const one = document.querySelector('[data-workbench-one]');
  const many = document.querySelector('[data-workbench-many]');
  const tell = () => {
    const chosen = form.querySelectorAll('[name=chosen]:is([type=hidden], :checked)').length;
    if (count) count.textContent = String(chosen);
    if (one) {
      one.hidden = chosen > 0;
      many.hidden = chosen === 0;
    }
  };
  tell();
  form.addEventListener('change', tell);
  // Back from the page cache, boxes stand as they were left.
  window.addEventListener('pageshow', tell);

  // Whoever went on to another sheet reads that: the focus is on it, and the page stays where it is.
  form.addEventListener('submit', () => remember(true));
  if (remember(false) && !document.getElementById('error-summary')) {
    sheet.focus({ preventScroll: true });
  }

  // In a long queue the sheet that is shown must be in view.
  document.querySelector('.queue [aria-current]')?.scrollIntoView({ block: 'nearest' });
}

// Notes that a move is on its way, or says (once) whether one was.
function remember(move) {
  try {
    if (move) sessionStorage.setItem(MOVED, '1');
    const moved = sessionStorage.getItem(MOVED) === '1';
    if (!move) sessionStorage.removeItem(MOVED);
    return moved;
  } catch {
    return false; // Storage is closed to us: the focus stays where the browser puts it.
  }
}
