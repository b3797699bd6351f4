// The workbench by single keys. Each key presses a button that stands on the page, so nothing can be
// done by a key that cannot be done without; `a` opens the confirmation, which waits for a press.
import { startSingleKeys } from './single-keys.js';

export function startWorkbench() {
  if (!document.querySelector('[data-workbench]')) return;

  // A key held down must not run through the queue: each sheet is to be looked at.
  const press = (key) => (event) => {
    if (!event.repeat) document.querySelector(`[data-workbench-key="${key}"]`)?.click();
  };
  const keys = document.querySelector('[data-workbench-keys]');
  const help = (event) => {
    if (event.repeat) return;
    keys.open = !keys.open;
    if (keys.open) keys.querySelector('summary').focus();
  };
  keys.hidden = false;
  startSingleKeys({ j: press('j'), k: press('k'), x: press('x'), a: press('a'), '?': help });

  // The number on the button follows the boxes.
  const form = document.getElementById('workbench');
  const count = document.querySelector('[data-workbench-count]');
  const tell = () => {
    const chosen = form.querySelectorAll('[name=chosen]:is([type=hidden], :checked)');
    if (count) count.textContent = String(chosen.length);
  };
  form.addEventListener('change', tell);
  // Back from the page cache, boxes stand as they were left.
  window.addEventListener('pageshow', tell);

  // In a long queue the sheet that is shown must be in view.
  document.querySelector('.queue [aria-current]')?.scrollIntoView({ block: 'nearest' });
}
