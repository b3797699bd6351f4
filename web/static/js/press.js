// A press of a form in which something was typed first makes sure that the line and the session are
// there. Where they are not, the page is not left and says so; nothing is sent until the next press.
import { sessionState, signInPlace } from './session.js';

const TYPED_INTO = 'textarea, select, input:not([type=hidden])';

function isPost(form, button) {
  const method = button?.hasAttribute('formmethod') ? button.formMethod : form.method;
  return method === 'post';
}

export function startPresses() {
  const message = document.querySelector('[data-press-message]');
  if (!message) return;
  let asking = false;
  let goes;

  const say = (state) => {
    message.hidden = state === undefined;
    message.dataset.state = state ?? '';
    // Emptied first, so that the same sentence is read out again.
    message.textContent = '';
    if (state !== undefined) message.textContent = message.dataset[state];
  };

  const send = (form, button) => {
    let isLeaving = false;
    // Added last, so it sees whether another listener kept the form back.
    document.addEventListener(
      'submit',
      (event) => {
        isLeaving = !event.defaultPrevented;
      },
      { once: true },
    );
    goes = form;
    form.requestSubmit(button);
    goes = undefined;
    if (!isLeaving) form.removeAttribute('aria-busy');
  };

  const ask = async (form, button) => {
    // From the press until the next page is there, or until it is said why it is not.
    form.setAttribute('aria-busy', 'true');
    const state = await sessionState();
    say(undefined);
    if (state === 'here') {
      send(form, button);
      return;
    }
    form.removeAttribute('aria-busy');
    if (state === 'ended') {
      say((await signInPlace()) ? 'again' : 'ended');
      (button ?? form.querySelector(TYPED_INTO))?.focus();
    } else {
      say(state);
    }
  };

  // While capturing: whoever listens on the form itself sees that it does not go yet.
  document.addEventListener(
    'submit',
    (event) => {
      const form = event.target;
      const button = event.submitter;
      if (goes === form || form.closest('dialog') || !isPost(form, button)) return;
      if (![...form.elements].some((element) => element.matches(TYPED_INTO))) return;
      event.preventDefault();
      if (asking) return;
      asking = true;
      ask(form, button).finally(() => {
        asking = false;
      });
    },
    true,
  );
  // Back from the page cache: nothing is on its way.
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    for (const form of document.forms) form.removeAttribute('aria-busy');
  });
}
