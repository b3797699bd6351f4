// Posts a form to its data-autosave-href a moment after the last key, and says so in the element
// with data-autosave-status. The words come from that element, so they are translated with it.
//
// The server answers 200 with {"saved_at": "10:32", "fields": {"name": "value"}}: `fields` (may be
// left out) are hidden inputs to renew, such as the version the next save expects. 409 means that
// somebody else saved first; 401 that the session has ended, 400 that it is a newer one. Without a
// line or a session what was typed waits on the page, and is saved as soon as they are back. Any
// other 4xx says that trying again will not help.
import { sessionState, signInPlace } from './session.js';
import { markSaved } from './unsaved-guard.js';

const PAUSE_MILLISECONDS = 1500;
const RETRY_MILLISECONDS = [5000, 15000, 60000];

class Autosave {
  constructor(form) {
    this.form = form;
    this.status = document.querySelector('[data-autosave-status]');
    this.door = document.querySelector('[data-autosave-door]');
    this.timer = undefined;
    this.running = false;
    this.again = false;
    this.stopped = false;
    this.failures = 0;
    form.addEventListener('input', () => this.changed());
    form.addEventListener('submit', (event) => {
      if (!event.defaultPrevented) this.stop();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.hurry();
      else this.back();
    });
    window.addEventListener('online', () => this.back());
    window.addEventListener('focus', () => this.back());
    document.addEventListener('hyoka:signed-in', () => this.back());
    this.door?.addEventListener('click', () => signInPlace());
  }

  say(state, time = '') {
    if (this.door) this.door.hidden = state !== 'ended';
    if (!this.status) return;
    this.status.dataset.state = state;
    this.status.textContent = (this.status.dataset[state] ?? '').replace('{time}', time);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  changed() {
    if (this.stopped) return;
    // That nothing can be saved stays said until something is.
    if (this.failures === 0) this.say('unsaved');
    this.later(PAUSE_MILLISECONDS);
  }

  later(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), milliseconds);
  }

  /** Save what waits, now. */
  hurry() {
    if (this.timer !== undefined) this.save();
  }

  /** The line or the session may be back: try at once what failed before. */
  back() {
    if (this.failures > 0) this.hurry();
  }

  async save() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.stopped) return;
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    if (this.failures === 0) this.say('saving');
    try {
      let response = await this.post();
      // A newer session of the same person: its token is on the page now.
      if (response.status === 400 && (await sessionState()) === 'here') response = await this.post();
      await this.take(response);
    } catch {
      this.retry('failed');
    } finally {
      this.running = false;
    }
    if (this.again) {
      this.again = false;
      this.changed();
    }
  }

  post() {
    return fetch(this.form.dataset.autosaveHref, {
      method: 'POST',
      body: new FormData(this.form),
      headers: { Accept: 'application/json', 'X-Requested-With': 'fetch' },
      redirect: 'manual',
      // A tab that is being closed may still finish this.
      keepalive: document.visibilityState === 'hidden',
    });
  }

  async take(response) {
    if (response.ok) {
      const answer = await response.json();
      for (const [name, value] of Object.entries(answer.fields ?? {})) {
        const input = this.form.elements.namedItem(name);
        if (input instanceof HTMLInputElement && input.type === 'hidden') input.value = value;
      }
      this.failures = 0;
      if (this.timer === undefined && !this.again) {
        markSaved(this.form);
        this.say('saved', answer.saved_at);
      }
    } else if (response.status === 409) {
      this.stop();
      this.say('stale');
    } else if (response.status === 401 || response.type === 'opaqueredirect') {
      this.retry('ended');
    } else if (response.status === 400) {
      this.retry('another');
    } else if (response.status >= 500 || [408, 429].includes(response.status)) {
      this.retry('failed');
    } else {
      this.stop();
      this.say('refused');
    }
  }

  retry(state) {
    this.say(state);
    this.later(RETRY_MILLISECONDS[Math.min(this.failures, RETRY_MILLISECONDS.length - 1)]);
    this.failures += 1;
  }
}

export function startAutosave() {
  for (const form of document.querySelectorAll('form[data-autosave-href]')) new Autosave(form);
}
