// The keyboard, and the first look of the page.
function moveSelection(step) {
  const shown = listed();
  if (!shown.length) return;
  const place = shown.findIndex((sound) => sound.index === state.selected);
  const next = place < 0 ? 0 : Math.max(0, Math.min(shown.length - 1, place + step));
  const sound = shown[next];
  select(sound, {focus: true});
  if (state.preview && !voiceOf(sound)) toggle(sound);
}

function flip(name) {
  state[name] = !state[name];
  byId(name).setAttribute('aria-pressed', String(state[name]));
  say(`${name === 'layer' ? 'Layer' : 'Preview'} ${state[name] ? 'on' : 'off'}`);
}

function withSelected(action) {
  if (sounds[state.selected]) action(sounds[state.selected]);
}

const COMMANDS = {
  ArrowDown: () => moveSelection(1),
  ArrowUp: () => moveSelection(-1),
  PageDown: () => moveSelection(10),
  PageUp: () => moveSelection(-10),
  ' ': () => withSelected(toggle),
  k: () => withSelected((sound) => setMark(sound, 'keep')),
  r: () => withSelected((sound) => setMark(sound, 'reject')),
  l: () => flip('layer'),
  p: () => flip('preview'),
  '/': () => byId('search').focus(),
  '?': () => byId('help').showModal(),
  Escape: stopAll,
};

function isForElement(event) {
  const element = event.target;
  if (byId('help').open) return true;
  if (element.id === 'search') {
    if (event.key === 'Escape' || event.key === 'ArrowDown') element.blur();
    return event.key !== 'ArrowDown';
  }
  if (element.matches('input, select')) return event.key !== 'Escape';
  const presses = element.matches('button:not(.pick), summary, a');
  return presses && event.key === ' ';
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !state.keys || isForElement(event)) return;
  const command = event.shiftKey && event.key !== '?' ? undefined : COMMANDS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (command) {
    event.preventDefault();
    if (!event.repeat || event.key.startsWith('Arrow') || event.key.startsWith('Page')) command();
  } else if (keyNames.has(event.code) && !event.repeat) {
    event.preventDefault();
    if (event.shiftKey) withSelected(() => putOnPad(event.code));
    else hitPad(event.code);
  }
});

// Some browsers click a button when space is let go, though its keydown was taken.
document.addEventListener('keyup', (event) => {
  if (event.key === ' ' && state.keys && event.target.matches('.pick')) event.preventDefault();
});

async function nameKeys() {
  if (!navigator.keyboard || !navigator.keyboard.getLayoutMap) return;
  try {
    const layout = await navigator.keyboard.getLayoutMap();
    for (const code of keyNames.keys()) if (layout.get(code)) keyNames.set(code, layout.get(code).toUpperCase());
    showPads();
  } catch { /* The names of an English keyboard stay. */ }
}

function showPack() {
  document.title = `${pack.name} – audition`;
  byId('name').textContent = pack.name;
  byId('counts').textContent = [pack.facts, pack.counts].filter(Boolean).join(' · ');
  const refused = pack.refused.length ? ` (refused: ${pack.refused.map(([gate, number]) => `${gate} ${number}`).join(', ')})` : '';
  byId('about').textContent = [pack.description, pack.artist ? `By ${pack.artist}, ${pack.licence}.` : pack.licence,
    pack.draws ? `${pack.draws}${refused}.` : ''].filter(Boolean).join(' ');
  byId('note').textContent = pack.note;
  byId('note').hidden = !pack.note;
  byId('stop').append(icon('stop'));
}

function begin() {
  showPack();
  byId('list').append(...rows.map(({item}) => item));
  showFields();
  byId('category-group').hidden = distinct(sounds.map((sound) => sound.category)).length < 2;
  recallMarks();
  filtersChanged();
  assignPads();
  showPads();
  if (sounds.length) select(sounds[0]);
  marksChanged(sounds);
  nameKeys();
}

function listen() {
  const clicks = {
    save: saveVotes, load: () => byId('file').click(), 'open-help': () => byId('help').showModal(), stop: stopAll,
    clear: clearFilters, play: () => withSelected(toggle), layer: () => flip('layer'), preview: () => flip('preview'),
    current: () => byId('inspector').focus(),
  };
  for (const [id, action] of Object.entries(clicks)) byId(id).addEventListener('click', action);
  byId('search').addEventListener('input', (event) => setFilter('text', event.target.value.trim()));
  byId('volume').addEventListener('input', (event) => setVolume(Number(event.target.value)));
  byId('keys-on').addEventListener('change', (event) => { state.keys = event.target.checked; });
  byId('file').addEventListener('change', (event) => {
    if (event.target.files.length) loadVotes(event.target.files[0]);
    event.target.value = '';
  });
  const wide = matchMedia('(min-width: 1000px)');
  const unfold = () => { byId('more').open = wide.matches; };
  wide.addEventListener('change', unfold);
  unfold();
  window.addEventListener('resize', drawSelected);
}

begin();
listen();
