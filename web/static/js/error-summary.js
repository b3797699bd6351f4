// Moves the focus to the error summary, and from its links into the field itself.

export function startErrorSummary() {
  const summary = document.querySelector('[data-error-summary]');
  if (!summary) return;
  summary.focus();
  summary.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="#"]');
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    // The label above the field should be seen too, so scroll to it and then focus quietly.
    const frame = field.closest('.field, fieldset, td') ?? field;
    frame.scrollIntoView({ block: 'start' });
    field.focus({ preventScroll: true });
  });
}
