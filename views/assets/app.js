/*
 * Comfort for pages that work without it: hands a message over by itself, says times in the person's own zone,
 * copies a reference, finds a tile, opens tiles by number key. Nothing here decides anything.
 */

const live = (selector) => document.querySelector(selector);

/** Sends the form of a hand-over page; not when the person came back to it, or they could never get past it. */
function handOver(form) {
  const [arrival] = performance.getEntriesByType('navigation');
  if (arrival?.type === 'back_forward') return;
  // A field may be called "submit" and hide the form's own method.
  HTMLFormElement.prototype.submit.call(form);
}

function offerCopy(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    const copied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    live('[data-copied]').textContent = copied ? 'Copied' : 'Select it and copy it by hand';
  });
}

const plain = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** Tiles that are shown, in order. */
const shown = (tiles) => [...tiles.querySelectorAll('li:not([hidden])')];

function numberTiles(tiles, on) {
  for (const key of tiles.querySelectorAll('.key')) key.hidden = true;
  if (!on) return;
  for (const [index, tile] of shown(tiles).slice(0, 9).entries()) {
    const key = tile.querySelector('.key');
    key.textContent = String(index + 1);
    key.hidden = false;
  }
}

function offerFind(find, tiles, changed) {
  const input = find.querySelector('input');
  const words = new Map([...tiles.children].map((tile) => [tile, plain(tile.textContent)]));
  const apply = () => {
    const wanted = plain(input.value).split(/\s+/);
    for (const [tile, text] of words) tile.hidden = !wanted.every((word) => text.includes(word));
    const count = shown(tiles).length;
    const all = count === words.size;
    live('[data-found]').textContent = all
      ? ''
      : count === 0
        ? 'Nothing matches.'
        : `${count} of ${words.size} shown`;
    changed();
  };
  find.hidden = false;
  input.addEventListener('input', apply);
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && input.value !== '') shown(tiles)[0]?.querySelector('a').click();
    if (event.key === 'Escape') {
      input.value = '';
      apply();
    }
  });
  apply();
}

/** The switch is remembered in this browser; where storage is forbidden it holds for the page. WCAG 2.1.4. */
function offerKeys(keys, tiles) {
  const box = keys.querySelector('input');
  try {
    box.checked = localStorage.getItem('number-keys') !== 'off';
  } catch {}
  keys.hidden = false;
  box.addEventListener('change', () => {
    try {
      localStorage.setItem('number-keys', box.checked ? 'on' : 'off');
    } catch {}
    numberTiles(tiles, box.checked);
  });
  document.addEventListener('keydown', (event) => {
    const typing =
      event.target.closest?.('input, textarea, select, [contenteditable]') && event.target !== box;
    if (!box.checked || typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const find = live('[data-find] input');
    if (event.key === '/' && find) {
      event.preventDefault();
      find.focus();
    } else if (/^[1-9]$/.test(event.key)) {
      shown(tiles)[Number(event.key) - 1]?.querySelector('a').click();
    }
  });
  return () => numberTiles(tiles, box.checked);
}

function launchpad(tiles) {
  const renumber = offerKeys(live('[data-keys]'), tiles);
  const find = live('[data-find]');
  if (find) offerFind(find, tiles, renumber);
  else renumber();
  tiles.addEventListener('click', (event) => {
    const link = event.target.closest('a');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    link.closest('li').dataset.opening = '';
    live('[data-found]').textContent = `Opening ${link.textContent}`;
  });
  window.addEventListener('pageshow', () => {
    for (const tile of tiles.children) delete tile.dataset.opening;
  });
}

/** Says instants in the person's own time zone, with today and tomorrow by name; the original stays as title. */
function sayLocally(time, now) {
  const instant = new Date(time.dateTime);
  if (Number.isNaN(instant.getTime())) return;
  const clock = instant.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  const named = [-1, 0, 1].find((days) => {
    const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() + days);
    return day.toDateString() === instant.toDateString();
  });
  const day =
    named === undefined
      ? instant.toLocaleDateString('en-GB', {
          weekday: 'short',
          day: 'numeric',
          month: 'short',
          year: 'numeric',
        })
      : ['yesterday', 'today', 'tomorrow'][named + 1];
  time.title = time.textContent;
  time.textContent = `${day}, ${clock}`;
}

const now = new Date();
for (const time of document.querySelectorAll('time')) sayLocally(time, now);
const form = live('form[data-auto-submit]');
if (form) handOver(form);
const copy = live('[data-copy]');
if (copy) offerCopy(copy);
const tiles = live('[data-tiles]');
if (tiles) launchpad(tiles);
