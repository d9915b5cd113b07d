/**
 * The start page's script: a form with `data-method` is sent as JSON to its action, then the page shows the new
 * state. `data-as` says how a field is read: `json` as it stands, `list` split at commas, `number`, or
 * `nullable` where an empty text means null. Selects with `data-send` go off when they change.
 */
export const CONTROL_SCRIPT = `'use strict';
const readers = {
  json: (text) => JSON.parse(text),
  list: (text) => text.split(',').map((each) => each.trim()).filter(Boolean),
  number: (text) => Number(text),
  nullable: (text) => (text === '' ? null : text),
};

async function send(form, submitter) {
  const body = {};
  for (const field of [...form.elements, submitter]) {
    if (!field || !field.name || (field.type === 'submit' && field !== submitter)) continue;
    const read = readers[field.dataset.as];
    if (field.value === '' && field.dataset.as === undefined) continue;
    body[field.name] = read ? read(field.value) : field.value;
  }
  const whole = form.dataset.whole ? body[form.dataset.whole] : body;
  const reply = await fetch(form.action, {
    method: form.dataset.method,
    headers: { 'content-type': 'application/json' },
    ...(form.dataset.method !== 'DELETE' && { body: JSON.stringify(whole) }),
  });
  if (reply.ok) return location.reload();
  const { error } = await reply.json().catch(() => ({ error: reply.statusText }));
  document.getElementById('problem').textContent = error;
  document.getElementById('problem').hidden = false;
  scrollTo(0, 0);
}

document.addEventListener('submit', (event) => {
  if (!event.target.dataset.method) return;
  event.preventDefault();
  void send(event.target, event.submitter);
});
document.addEventListener('change', (event) => {
  if (event.target.dataset.send !== undefined) void send(event.target.form);
});

// Opened parts stay open over a reload.
for (const part of document.querySelectorAll('details[id]')) {
  part.open = sessionStorage.getItem(part.id) === 'open';
  part.addEventListener('toggle', () => sessionStorage.setItem(part.id, part.open ? 'open' : ''));
}
`;
