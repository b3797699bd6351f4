// Enter in a box for figures moves on to the next box, as in a spreadsheet; it never sends the form.
// Without scripts a button that cannot be pressed keeps Enter from sending it (macros/form.html).

const FIGURES = 'input[data-figure]';

export function startFigureKeys() {
  document.addEventListener('keydown', (event) => {
    const box = event.target;
    if (event.key !== 'Enter' || event.isComposing || !box.matches?.(FIGURES) || !box.form) return;
    event.preventDefault();
    const boxes = [...box.form.elements].filter((element) => element.matches(FIGURES));
    const next = boxes[boxes.indexOf(box) + (event.shiftKey ? -1 : 1)];
    next?.focus();
    next?.select();
  });
}
