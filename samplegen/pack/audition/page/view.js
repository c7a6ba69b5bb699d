// The page's parts: rows, filters, the selected sound, pads, the bar below.
const ICONS = {
  play: 'M5 3.2v9.6L13 8z',
  stop: 'M4 4h8v8H4z',
  keep: 'M3 8.4l3.2 3.2L13 4.8',
  reject: 'M4 4l8 8M12 4l-8 8',
};
const STROKED = new Set(['keep', 'reject']);
const SVG = 'http://www.w3.org/2000/svg';

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'onclick') element.addEventListener('click', value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function icon(name) {
  const path = svg('path', {d: ICONS[name], class: STROKED.has(name) ? 'stroked' : 'filled'});
  return svg('svg', {viewBox: '0 0 16 16', 'aria-hidden': 'true', class: 'icon'}, path);
}

const button = (attributes, ...children) => make('button', {type: 'button', ...attributes}, ...children);

function outline(sound) {
  const levels = Uint8Array.from(atob(sound.overview), (letter) => letter.charCodeAt(0));
  const y = (level) => ((level / 255) * 15 + 0.4).toFixed(1);
  const above = [...levels].map((level, x) => `L${x} ${(16 - y(level)).toFixed(1)}`).join('');
  const below = [...levels].map((level, x) => `L${x} ${(16 + Number(y(level))).toFixed(1)}`).reverse().join('');
  const shape = svg('path', {d: `M0 16${above}${below}Z`});
  return svg('svg', {viewBox: '0 0 127 32', preserveAspectRatio: 'none', class: 'outline', 'aria-hidden': 'true'}, shape);
}

function describe(sound) {
  return [sound.category, sound.isLoop ? `${sound.bars} ${sound.bars === 1 ? 'bar' : 'bars'}` : KIND[sound.kind]].join(' · ');
}

function markButtons(sound) {
  return ['keep', 'reject'].map((mark) => button({
    class: `mark ${mark}`,
    'data-mark': mark,
    'aria-pressed': String(markOf(sound) === mark),
    'aria-label': `${mark === 'keep' ? 'Keep' : 'Reject'} ${sound.title}`,
    title: mark === 'keep' ? 'Keep (K)' : 'Reject (R)',
    onclick: () => setMark(sound, mark),
  }, icon(mark)));
}

const rows = sounds.map((sound) => {
  const play = button({class: 'round small', 'aria-label': `Play ${sound.title}`, 'aria-pressed': 'false',
    onclick: () => { select(sound); toggle(sound); }}, icon('play'));
  if (!sound.embedded) play.disabled = true;
  const pick = button({class: 'pick', onclick: () => { select(sound); if (!voiceOf(sound) || !sound.isLoop) toggle(sound); }},
    make('span', {class: 'word'}, sound.title), make('span', {class: 'kind'}, describe(sound)));
  const head = make('span', {class: 'head-line', hidden: true});
  const facts = make('span', {class: 'facts'},
    ...[sound.bpm ? `${sound.bpm}` : null, sound.key].filter(Boolean).map((text) => make('span', {class: 'fact'}, text)));
  const [keep, reject] = markButtons(sound);
  const item = make('li', {class: 'row'}, play, pick, make('span', {class: 'thumb'}, outline(sound), head), facts,
    make('span', {class: 'marks'}, keep, reject));
  return {sound, item, play, pick, head, keep, reject};
});

function select(sound, {focus = false} = {}) {
  const before = rows[state.selected];
  if (before) { before.item.classList.remove('selected'); before.pick.removeAttribute('aria-current'); }
  state.selected = sound.index;
  const row = rows[sound.index];
  row.item.classList.add('selected');
  row.pick.setAttribute('aria-current', 'true');
  if (focus) {
    row.pick.focus({preventScroll: true});
    row.item.scrollIntoView({block: 'nearest'});
  }
  showSelected();
}

function showSelected() {
  const sound = sounds[state.selected];
  if (!sound) return;
  byId('chosen').textContent = sound.title;
  byId('chosen-kind').textContent = [describe(sound), sound.bpm ? gridOf(sound) : null, sound.key, ...sound.tags]
    .filter(Boolean).join(' · ');
  byId('current').textContent = sound.title;
  byId('chosen-marks').replaceChildren(...markButtons(sound));
  byId('current-marks').replaceChildren(...markButtons(sound));
  byId('open').hidden = false;
  byId('open').textContent = sound.path;
  byId('open').href = sound.path.split('/').map(encodeURIComponent).join('/');
  const excerpt = sound.excerpt ? [['Here', 'its first minute; the file is whole']] : [];
  byId('details').replaceChildren(...[...excerpt, ...sound.facts].map(([label, value]) =>
    make('div', {}, make('dt', {}, label), make('dd', {}, value))));
  byId('wave').setAttribute('aria-label', `Waveform of ${sound.title}`);
  byId('spectrum').setAttribute('aria-label', `Spectrogram of ${sound.title}, 40 Hz to ${sound.sampleRate / 2000} kHz`);
  drawSelected();
  playbackChanged();
}

function marksChanged(changed) {
  for (const {index} of changed) {
    const {sound, item, keep, reject} = rows[index];
    item.dataset.mark = markOf(sound);
    keep.setAttribute('aria-pressed', String(markOf(sound) === 'keep'));
    reject.setAttribute('aria-pressed', String(markOf(sound) === 'reject'));
  }
  for (const mark of document.querySelectorAll('#chosen-marks .mark, #current-marks .mark')) {
    mark.setAttribute('aria-pressed', String(markOf(sounds[state.selected]) === mark.dataset.mark));
  }
  const number = (mark) => sounds.filter((sound) => markOf(sound) === mark).length;
  const [kept, rejected] = [number('keep'), number('reject')];
  byId('tally').textContent = `${kept} kept, ${rejected} rejected, ${sounds.length - kept - rejected} open`;
  byId('bar-keep').style.width = `${(100 * kept) / Math.max(1, sounds.length)}%`;
  byId('bar-reject').style.width = `${(100 * rejected) / Math.max(1, sounds.length)}%`;
  if (filters.mark) filtersChanged();
}

const CHIPS = {kind: ['kinds', KINDS, 'All'], category: ['categories', {}, 'All']};
const FIELDS = {bpm: ['Tempo', (value) => `${value} BPM`], key: ['Key', String], tag: ['Tag', String],
  mark: ['Marks', (value) => MARKS[value]]};

function valuesOf(name) {
  if (name === 'kind') return Object.keys(KINDS).filter((kind) => sounds.some((sound) => sound.kind === kind));
  if (name === 'mark') return Object.keys(MARKS);
  return distinct(sounds.flatMap((sound) => (name === 'tag' ? sound.tags : [sound[name]])));
}

function setFilter(name, value) {
  filters[name] = value;
  if (name === 'kind') filters.category = '';
  filtersChanged();
}

function showChips(name) {
  const [id, labels, all] = CHIPS[name];
  const counted = sounds.filter((sound) => matches(sound, name));
  const values = name === 'kind' ? valuesOf(name) : distinct(counted.map((sound) => sound.category));
  const chips = ['', ...values].map((value) => {
    const number = value ? counted.filter((sound) => sound[name] === value).length : counted.length;
    return button({class: 'chip', 'data-value': value, 'aria-pressed': String(filters[name] === value),
      onclick: () => { setFilter(name, value); byId(id).querySelector('[aria-pressed=true]').focus(); }},
    make('span', {}, value ? labels[value] || value : all), make('span', {class: 'number'}, String(number)));
  });
  byId(id).replaceChildren(...chips);
}

function showFields() {
  for (const [name, [label, text]] of Object.entries(FIELDS)) {
    const values = valuesOf(name);
    if (values.length < 2) continue;
    const choice = make('select', {id: `filter-${name}`}, make('option', {value: ''}, 'All'),
      ...values.map((value) => make('option', {value}, text(value))));
    choice.addEventListener('change', () => setFilter(name, choice.value));
    byId('fields').append(make('label', {}, make('span', {}, label), choice));
  }
}

function clearFilters() {
  for (const name of Object.keys(filters)) filters[name] = '';
  byId('search').value = '';
  for (const choice of byId('fields').querySelectorAll('select')) choice.value = '';
  filtersChanged();
}

function filtersChanged() {
  const shown = new Set(listed().map((sound) => sound.index));
  for (const {sound, item} of rows) item.hidden = !shown.has(sound.index);
  byId('listed').textContent = shown.size === sounds.length ? `${sounds.length} sounds`
    : `${shown.size} of ${sounds.length} sounds`;
  showChips('kind');
  showChips('category');
  say(byId('listed').textContent);
}

const LOOP_KEYS = ['Digit1', 'Digit2', 'Digit3', 'Digit4', 'Digit5', 'Digit6', 'Digit7', 'Digit8'];
const SOUND_KEYS = ['KeyA', 'KeyS', 'KeyD', 'KeyF', 'KeyG', 'KeyH', 'KeyJ', 'KeyZ', 'KeyX', 'KeyC', 'KeyV', 'KeyB', 'KeyN', 'KeyM'];
const pads = new Map();
const keyNames = new Map([...LOOP_KEYS, ...SOUND_KEYS].map((code) => [code, code.slice(-1)]));

const PAD_ORDER = ['drums', 'tops', 'kick', 'snare', 'clap', 'rim', 'hat closed', 'hat open', 'tom', 'percussion', 'cymbal',
  'bass', 'chord', 'synth', 'fx'];
const placeOf = (category) => (PAD_ORDER.includes(category) ? PAD_ORDER.indexOf(category) : PAD_ORDER.length);

// One of each category after the other, so that a row of pads is a kit.
function spread(some) {
  const categories = distinct(some.map((sound) => sound.category)).sort((a, b) => placeOf(a) - placeOf(b));
  const queues = categories.map((name) => some.filter((sound) => sound.category === name));
  const most = Math.max(0, ...queues.map((queue) => queue.length));
  return Array.from({length: most}, (_, round) => queues.flatMap((queue) => queue.slice(round, round + 1))).flat();
}

function assignPads() {
  const usable = sounds.filter((sound) => sound.embedded);
  const common = usable.find((sound) => sound.isLoop);
  const loops = usable.filter((sound) => sound.isLoop && gridOf(sound) === gridOf(common));
  spread(loops).slice(0, LOOP_KEYS.length).forEach((sound, i) => pads.set(LOOP_KEYS[i], sound));
  spread(usable.filter((sound) => !sound.isLoop)).slice(0, SOUND_KEYS.length)
    .forEach((sound, i) => pads.set(SOUND_KEYS[i], sound));
}

function showPads() {
  const group = (name, codes) => {
    const used = codes.filter((code) => pads.has(code));
    if (!used.length) return [];
    return [make('h3', {}, name), make('div', {class: 'pad-grid', role: 'group', 'aria-label': `${name} on pads`},
      ...used.map((code) => {
        const sound = pads.get(code);
        return button({class: 'pad', 'data-code': code, 'aria-label': `Pad ${keyNames.get(code)}: ${sound.category} ${sound.title}`,
          onclick: () => hitPad(code)},
        make('kbd', {}, keyNames.get(code)), make('span', {class: 'pad-kind'}, sound.category),
        make('span', {class: 'pad-word'}, sound.title));
      }))];
  };
  byId('pads').replaceChildren(...group('Loops', LOOP_KEYS), ...group('Sounds', SOUND_KEYS));
  playbackChanged();
}

function hitPad(code) {
  const sound = pads.get(code);
  if (!sound) return;
  toggle(sound);
  const pad = byId('pads').querySelector(`[data-code=${code}]`);
  pad.classList.add('hit');
  setTimeout(() => pad.classList.remove('hit'), 120);
}

function putOnPad(code) {
  const sound = sounds[state.selected];
  pads.set(code, sound);
  showPads();
  say(`${sound.title} is on pad ${keyNames.get(code)}`);
}

let ticking = false;
function playbackChanged() {
  const playing = new Set([...engine.voices].filter((voice) => !voice.ending).map((voice) => voice.sound));
  for (const {sound, item, play} of rows) {
    const active = playing.has(sound);
    if ((play.getAttribute('aria-pressed') === 'true') === active) continue;
    play.setAttribute('aria-pressed', String(active));
    play.replaceChildren(icon(active ? 'stop' : 'play'));
    item.classList.toggle('playing', active);
  }
  for (const pad of document.querySelectorAll('.pad')) {
    pad.classList.toggle('on', playing.has(pads.get(pad.dataset.code)));
  }
  const selected = sounds[state.selected];
  byId('play').replaceChildren(icon(playing.has(selected) ? 'stop' : 'play'));
  byId('play').setAttribute('aria-label', `${playing.has(selected) ? 'Stop' : 'Play'} ${selected ? selected.title : 'nothing'}`);
  showPlayingLoops();
  if (!ticking && engine.voices.size) {
    ticking = true;
    requestAnimationFrame(tick);
  }
}

function showPlayingLoops() {
  const loops = loopVoices();
  byId('playing').replaceChildren(...loops.map(({sound}) => button({class: 'chip', 'aria-label': `Stop ${sound.title}`,
    onclick: () => toggle(sound)}, make('span', {}, sound.title), icon('reject'))));
  byId('tempo').textContent = loops.length ? `${grid.bpm} BPM` : 'no loop';
  const beats = loops.length ? grid.beats : 0;
  if (byId('beats').childElementCount !== beats) {
    byId('beats').replaceChildren(...Array.from({length: beats}, () => make('span')));
  }
  for (const {sound, item} of rows) {
    item.classList.toggle('other-tempo', loops.length > 0 && sound.isLoop && gridOf(sound) !== grid.name);
  }
}

const calm = matchMedia('(prefers-reduced-motion: reduce)');
let ticked = 0;
function tick(time) {
  if (!calm.matches || time - ticked > 200) {
    ticked = time;
    showProgress();
  }
  ticking = engine.voices.size > 0;
  if (ticking) requestAnimationFrame(tick);
  else showProgress();
}

function showProgress() {
  const heads = new Map();
  for (const voice of engine.voices) if (!voice.ending) heads.set(voice.sound.index, progressOf(voice));
  for (const {sound, item, head} of rows) {
    const part = heads.get(sound.index);
    head.hidden = part === undefined || part < 0;
    item.classList.toggle('waiting', part !== undefined && part < 0);
    if (!head.hidden) head.style.left = `${100 * part}%`;
  }
  const part = heads.get(state.selected);
  byId('playhead').hidden = part === undefined || part < 0;
  if (part >= 0) byId('playhead').style.left = `${100 * part}%`;
  showPosition();
}

function showPosition() {
  if (!loopVoices().length) {
    byId('position').textContent = '–';
    return;
  }
  const beat = Math.floor(Math.max(0, engine.context.currentTime - grid.origin) / (grid.bar / grid.beats));
  byId('position').textContent = `${Math.floor(beat / grid.beats) + 1}.${(beat % grid.beats) + 1}`;
  [...byId('beats').children].forEach((light, i) => light.classList.toggle('on', i === beat % grid.beats));
}
