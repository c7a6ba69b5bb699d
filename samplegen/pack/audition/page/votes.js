// Marks: kept in the browser where it lets a page do so, saved as votes.json, read back from it.
const STORE = `samplegen-votes/${pack.name}`;
const VOTES_FORMAT = 'samplegen-votes';

function rememberMarks() {
  try {
    const stored = sounds.filter((sound) => marks.has(sound.path)).map((sound) => [sound.sha256, marks.get(sound.path)]);
    localStorage.setItem(STORE, JSON.stringify(stored));
  } catch { /* A page on a disk may not be allowed to; votes.json still works. */ }
}

function recallMarks() {
  try {
    const stored = new Map(JSON.parse(localStorage.getItem(STORE) || '[]'));
    for (const sound of sounds) {
      if (['keep', 'reject'].includes(stored.get(sound.sha256))) marks.set(sound.path, stored.get(sound.sha256));
    }
  } catch { /* As above. */ }
}

function setMark(sound, mark) {
  if (markOf(sound) === mark) marks.delete(sound.path);
  else marks.set(sound.path, mark);
  rememberMarks();
  say(`${sound.title}: ${MARKS[markOf(sound)].toLowerCase()}`);
  marksChanged([sound]);
}

function votesText() {
  const having = (mark) => sounds.filter((sound) => markOf(sound) === mark)
    .map(({path, sha256, job}) => ({path, sha256, job}));
  const votes = {format: VOTES_FORMAT, version: 1, pack: pack.name, keep: having('keep'), reject: having('reject')};
  return `${JSON.stringify(votes, null, 2)}\n`;
}

function saveVotes() {
  const address = URL.createObjectURL(new Blob([votesText()], {type: 'application/json'}));
  const link = document.createElement('a');
  link.href = address;
  link.download = 'votes.json';
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  say('votes.json saved');
}

async function loadVotes(file) {
  try {
    const votes = JSON.parse(await file.text());
    if (votes.format !== VOTES_FORMAT || !Array.isArray(votes.keep) || !Array.isArray(votes.reject)) throw new Error();
    const bySha = new Map(sounds.map((sound) => [sound.sha256, sound]));
    let strange = 0;
    for (const [mark, list] of [['keep', votes.keep], ['reject', votes.reject]]) {
      for (const vote of list) {
        const sound = bySha.get(vote.sha256);
        if (sound) marks.set(sound.path, mark);
        else strange++;
      }
    }
    rememberMarks();
    marksChanged(sounds);
    say(strange ? `Votes loaded; ${strange} are of sounds that are not in this pack` : 'Votes loaded');
  } catch {
    say(`${file.name} is not a votes.json that this page saved`);
  }
}
