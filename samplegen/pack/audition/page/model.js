// The pack as the page knows it, what is selected, and which sounds the filters let through.
const byId = (id) => document.getElementById(id);
const pack = JSON.parse(byId('pack').textContent);
const KINDS = {loop: 'Loops', one_shot: 'One-shots', riser: 'Risers', texture: 'Textures'};
const KIND = {loop: 'loop', one_shot: 'one-shot', riser: 'riser', texture: 'texture'};
const MARKS = {open: 'Not marked', keep: 'Kept', reject: 'Rejected'};

const words = new Map();
for (const sound of pack.sounds) words.set(sound.word, (words.get(sound.word) || 0) + 1);
const sounds = pack.sounds.map((sound, index) => ({
  ...sound,
  index,
  title: sound.word && words.get(sound.word) === 1 ? sound.word : sound.name,
  isLoop: sound.kind === 'loop' && sound.bpm > 0 && sound.bars > 0,
  seconds: sound.length / sound.sampleRate,
  haystack: [sound.name, sound.category, KIND[sound.kind], sound.key, sound.bpm, ...sound.tags,
    ...sound.facts.filter(([label]) => label === 'Prompt').map(([, value]) => value)]
    .join(' ').replaceAll('_', ' ').toLowerCase(),
}));

const filters = {text: '', kind: '', category: '', tag: '', bpm: '', key: '', mark: ''};
const marks = new Map();
const state = {selected: sounds.length ? 0 : -1, layer: false, preview: false, keys: true};

const markOf = (sound) => marks.get(sound.path) || 'open';
const meterText = (sound) => `${sound.meter[0]}/${sound.meter[1]}`;
const gridOf = (sound) => `${sound.bpm} BPM, ${meterText(sound)}`;

function matches(sound, except) {
  const wanted = (name) => name !== except && filters[name] !== '';
  return !(wanted('kind') && sound.kind !== filters.kind)
    && !(wanted('category') && sound.category !== filters.category)
    && !(wanted('tag') && !sound.tags.includes(filters.tag))
    && !(wanted('bpm') && String(sound.bpm) !== filters.bpm)
    && !(wanted('key') && sound.key !== filters.key)
    && !(wanted('mark') && markOf(sound) !== filters.mark)
    && filters.text.toLowerCase().split(/\s+/).every((word) => sound.haystack.includes(word));
}

const listed = () => sounds.filter((sound) => matches(sound));

function distinct(values) {
  return [...new Set(values.filter((value) => value !== null && value !== ''))]
    .sort((a, b) => (typeof a === 'number' ? a - b : String(a).localeCompare(String(b))));
}

let speaking = 0;
function say(text) {
  clearTimeout(speaking);
  speaking = setTimeout(() => { byId('status').textContent = text; }, 30);
}
