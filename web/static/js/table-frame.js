// A table wider than its frame scrolls sideways. Only then the frame becomes a named region that
// the keyboard can reach: a stop on every table would be a nuisance.

export function startTableFrames() {
  const look = (frame) => {
    const caption = frame.querySelector('caption');
    if (frame.scrollWidth > frame.clientWidth + 1) {
      frame.tabIndex = 0;
      frame.setAttribute('role', 'region');
      if (caption?.id) frame.setAttribute('aria-labelledby', caption.id);
    } else {
      frame.removeAttribute('tabindex');
      frame.removeAttribute('role');
      frame.removeAttribute('aria-labelledby');
    }
  };
  const watcher = new ResizeObserver((entries) => entries.forEach((entry) => look(entry.target)));
  for (const frame of document.querySelectorAll('[data-table-frame]')) watcher.observe(frame);
}
