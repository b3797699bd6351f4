// Says how many printed lines a text still has. The server counts by the same rule and is right.

/** Width of one character in full-width units: ASCII and half-width kana take half. */
function characterWidth(character) {
  const code = character.codePointAt(0);
  return code < 0x100 || (code >= 0xff61 && code <= 0xff9f) ? 0.5 : 1;
}

/** Printed lines of `text` where a line holds `width` full-width characters. */
export function countLines(text, width) {
  if (text === '') return 0;
  let lines = 0;
  for (const paragraph of text.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n')) {
    let used = 0;
    lines += 1;
    for (const character of paragraph) {
      const wide = characterWidth(character);
      if (used + wide > width) {
        lines += 1;
        used = 0;
      }
      used += wide;
    }
  }
  return lines;
}

export function startLineCounters() {
  for (const area of document.querySelectorAll('textarea[data-line-limit]')) {
    const counter = document.getElementById(`${area.id}-lines`);
    if (!counter) continue;
    const limit = Number(area.dataset.lineLimit);
    const width = Number(area.dataset.lineWidth);
    const show = () => {
      const left = limit - countLines(area.value, width);
      const words = left < 0 ? counter.dataset.over : counter.dataset.left;
      counter.textContent = words.replace('{n}', String(Math.abs(left)));
      counter.classList.toggle('line-counter--over', left < 0);
    };
    area.addEventListener('input', show);
    show();
  }
}
