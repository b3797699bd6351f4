// Whether the session goes on in which this page was made, and signing in again over the page when
// it does not. Nothing on the page is touched but the tokens of its forms.

const STATE = '/account/session';
const DOOR = '/sign-in';
const LONGEST_MILLISECONDS = 10_000;
const IN_PLACE = { 'X-Requested-With': 'fetch' };

const TOKENS = ':is(input, button)[name=csrf_token]';
const dialog = () => document.querySelector('dialog[data-sign-in]');

/** The tokens of the page's own forms; the dialog has one of its own. */
function tokens() {
  return [...document.querySelectorAll(TOKENS)].filter((field) => !field.closest('dialog'));
}

/** What the page says of whose it is. */
function mark() {
  return tokens()[0]?.value ?? '';
}

/**
 * 'here' (the tokens are fresh then), 'ended', 'another' (somebody else signed in) or 'away' (no
 * line, or a server that does not answer).
 */
export async function sessionState() {
  let answer;
  try {
    const response = await fetch(STATE, {
      headers: { Accept: 'application/json', 'X-Form-Token': mark() },
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(LONGEST_MILLISECONDS),
    });
    if (!response.ok) return 'away';
    answer = await response.json();
  } catch {
    return 'away';
  }
  if (answer.state === 'here') for (const field of tokens()) field.value = answer.csrf_token;
  return answer.state;
}

/** Let the reader sign in over the page; true when the session goes on. */
export async function signInPlace() {
  const place = dialog();
  if (!place || place.open) return false;
  let response;
  try {
    response = await fetch(DOOR, { headers: IN_PLACE, redirect: 'manual', cache: 'no-store' });
  } catch {
    return false;
  }
  // Signed in already, in another tab: the door leads on.
  if (!response.ok) return (await sessionState()) === 'here';
  place.innerHTML = await response.text();
  return await new Promise((resolve) => {
    const send = async (event) => {
      event.preventDefault();
      if (await knock(place, event.target)) place.close('here');
    };
    const press = (event) => {
      if (event.target.closest('[data-close]')) place.close('');
    };
    const done = () => {
      place.removeEventListener('submit', send);
      place.removeEventListener('click', press);
      place.replaceChildren();
      resolve(place.returnValue === 'here');
    };
    place.returnValue = '';
    place.addEventListener('submit', send);
    place.addEventListener('click', press);
    place.addEventListener('close', done, { once: true });
    place.showModal();
    place.querySelector('input:not([type=hidden])').focus();
  });
}

/** Send the dialog's form; what is wrong is shown in it. */
async function knock(place, form) {
  const typed = new FormData(form);
  typed.set('written_by', mark());
  let response;
  try {
    response = await fetch(DOOR, {
      method: 'POST', body: typed, headers: IN_PLACE, redirect: 'manual', cache: 'no-store',
    });
  } catch {
    place.querySelector('[data-away]').hidden = false;
    return false;
  }
  if (response.status === 204) {
    if ((await sessionState()) !== 'here') return false;
    document.dispatchEvent(new Event('hyoka:signed-in'));
    return true;
  }
  place.innerHTML = await response.text();
  const wrong = place.querySelector('[aria-invalid], input:not([type=hidden])');
  wrong?.focus();
  return false;
}
