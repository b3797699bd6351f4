// Asks before a page is left on which something was written and not sent. autosave.js says when it
// is saved all the same.

const WRITTEN_INTO = 'form[data-guard-unsaved], form[method=post]:has(textarea)';

const dirty = new Set();

/** Called by autosave when everything typed so far is stored. */
export function markSaved(form) {
  dirty.delete(form);
}

export function startUnsavedGuard() {
  for (const form of document.querySelectorAll(WRITTEN_INTO)) {
    form.addEventListener('input', () => dirty.add(form));
    form.addEventListener('submit', (event) => {
      if (!event.defaultPrevented) dirty.delete(form);
    });
    // What came back as it was typed is stored nowhere yet.
    if (document.querySelector('[data-given-back]')) dirty.add(form);
  }
  window.addEventListener('beforeunload', (event) => {
    if (dirty.size > 0) event.preventDefault();
  });
}
