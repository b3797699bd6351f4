// Asks before a page with unsaved changes is left. autosave.js says when they are saved.

const dirty = new Set();

/** Called by autosave when everything typed so far is stored. */
export function markSaved(form) {
  dirty.delete(form);
}

export function startUnsavedGuard() {
  for (const form of document.querySelectorAll('form[data-guard-unsaved]')) {
    form.addEventListener('input', () => dirty.add(form));
    form.addEventListener('submit', () => dirty.delete(form));
  }
  window.addEventListener('beforeunload', (event) => {
    if (dirty.size > 0) event.preventDefault();
  });
}
