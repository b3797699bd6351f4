// A field that narrows a long list of people as one types; the list itself works without it.

const plain = (text) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, '');

export function startSelectFilters() {
  for (const field of document.querySelectorAll('[data-select-filter]')) {
    const line = field.querySelector('[data-select-filter-line]');
    if (line !== null) start(field, line);
  }
}

function start(field, line) {
  const select = field.querySelector('select');
  const typed = line.querySelector('[data-select-filter-text]');
  const count = line.querySelector('[data-select-filter-count]');
  const groups = [...select.querySelectorAll('optgroup')].map((group) => ({
    group,
    options: [...group.querySelectorAll('option')],
  }));
  line.hidden = false;

  typed.addEventListener('input', () => {
    const words = typed.value.split(/\s+/).map(plain).filter(Boolean);
    const chosen = select.value;
    let found = 0;
    // Options are taken out and put back, because not every browser hides them.
    for (const { group, options } of groups) {
      const label = plain(group.label);
      const fitting = options.filter((option) => {
        const text = label + plain(option.textContent);
        return words.every((word) => text.includes(word));
      });
      found += fitting.length;
      group.replaceChildren(...fitting);
      if (fitting.length > 0) select.append(group);
      else group.remove();
    }
    select.value = [...select.options].some((option) => option.value === chosen) ? chosen : '';
    count.textContent = words.length > 0 ? count.dataset.found.replace('{n}', found) : '';
  });
  // Enter in the field must not send the form.
  typed.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault();
  });
}
