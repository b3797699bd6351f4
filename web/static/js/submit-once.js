// Swallows a second press of the same button while the first is on its way. Only a courtesy: the
// server takes exactly one, and nothing is ever disabled, so a lost request can be tried again.

const HOLD_MILLISECONDS = 5000;

export function startSubmitOnce() {
  const sent = new WeakMap();
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.matches('form[data-submit-once]') || event.defaultPrevented) return;
    const before = sent.get(form);
    if (before !== undefined && performance.now() - before < HOLD_MILLISECONDS) {
      event.preventDefault();
      return;
    }
    sent.set(form, performance.now());
  });
  // Back from the page cache: the form is fresh again.
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll('form[data-submit-once]')) sent.delete(form);
  });
}
