// Playing: every loop starts on one grid of bars, at a whole sample, and repeats without a gap.
const LEAD_S = 0.06;
const FADE_S = 0.004;
const LONG_S = 3;
const MOST_CACHED_VALUES = 48e6;

const engine = {context: null, output: null, voices: new Set(), volume: 0.64, turn: 0};
const grid = {bpm: 0, beats: 4, name: '', origin: 0, bar: 0};
const buffers = new Map();

function audioContext() {
  if (!engine.context) {
    try {
      engine.context = new AudioContext({sampleRate: pack.sampleRate, latencyHint: 'interactive'});
    } catch {
      engine.context = new AudioContext();
    }
    engine.output = engine.context.createGain();
    engine.output.gain.value = engine.volume;
    engine.output.connect(engine.context.destination);
  }
  if (engine.context.state !== 'running') engine.context.resume();
  return engine.context;
}

function bytesOf(sound) {
  const text = atob(byId(`clip-${sound.index}`).textContent);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}

// Decoding needs no permission to play, so pictures can be drawn before the first click.
let decoder = null;
function decodingContext() {
  decoder ||= new OfflineAudioContext(1, 1, engine.context ? engine.context.sampleRate : pack.sampleRate);
  return decoder;
}

function bufferOf(sound) {
  let promise = buffers.get(sound.index);
  if (promise) buffers.delete(sound.index);
  else promise = decodingContext().decodeAudioData(bytesOf(sound));
  buffers.set(sound.index, promise);
  forgetOldest();
  return promise;
}

function forgetOldest() {
  let values = 0;
  const playing = new Set([...engine.voices].map((voice) => voice.sound.index));
  for (const index of [...buffers.keys()].reverse()) {
    values += sounds[index].length * 2;
    if (values > MOST_CACHED_VALUES && !playing.has(index)) buffers.delete(index);
  }
}

const wholeSample = (time) => Math.round(time * engine.context.sampleRate) / engine.context.sampleRate;
const loopVoices = () => [...engine.voices].filter((voice) => voice.sound.isLoop && !voice.ending);
const voiceOf = (sound) => [...engine.voices].find((voice) => voice.sound === sound && !voice.ending);
const barSeconds = (sound) => (60 / sound.bpm) * sound.meter[0];

function nextBar() {
  const soonest = engine.context.currentTime + LEAD_S;
  const bars = Math.ceil((soonest - grid.origin) / grid.bar - 1e-9);
  return grid.origin + Math.max(0, bars) * grid.bar;
}

function setGrid(sound, origin) {
  Object.assign(grid, {bpm: sound.bpm, beats: sound.meter[0], name: gridOf(sound), origin, bar: barSeconds(sound)});
}

async function playLoop(sound) {
  const turn = ++engine.turn;
  const layer = state.layer;
  audioContext();
  const buffer = await bufferOf(sound);
  if (!layer && turn !== engine.turn) return;
  const others = loopVoices();
  const running = others.length > 0;
  const fits = running && grid.name === gridOf(sound);
  const when = wholeSample(running ? nextBar() : engine.context.currentTime + LEAD_S);
  if (!layer || (running && !fits)) others.forEach((voice) => endVoice(voice, when));
  if (!fits) setGrid(sound, when);
  startVoice(sound, buffer, when);
  const beside = layer && fits ? ' beside the others' : '';
  const change = running && !fits ? `, at ${gridOf(sound)}` : '';
  say(`${sound.title} plays${running ? ' from the next bar' : ''}${beside}${change}`);
}

async function playOnce(sound) {
  audioContext();
  const buffer = await bufferOf(sound);
  const now = engine.context.currentTime;
  if (sound.seconds > LONG_S) {
    [...engine.voices].filter((voice) => !voice.sound.isLoop && voice.sound.seconds > LONG_S)
      .forEach((voice) => endVoice(voice, now + 0.02));
  }
  startVoice(sound, buffer, now);
}

function startVoice(sound, buffer, when) {
  const source = engine.context.createBufferSource();
  const gain = engine.context.createGain();
  source.buffer = buffer;
  source.loop = sound.isLoop;
  if (sound.isLoop) {
    source.loopStart = 0;
    source.loopEnd = buffer.length / buffer.sampleRate;
  }
  source.connect(gain).connect(engine.output);
  const voice = {sound, source, gain, when, seconds: buffer.duration, ending: false};
  source.onended = () => { engine.voices.delete(voice); gain.disconnect(); playbackChanged(); };
  source.start(when);
  engine.voices.add(voice);
  playbackChanged();
}

function endVoice(voice, when) {
  if (voice.ending) return;
  voice.ending = true;
  const fadeFrom = Math.max(engine.context.currentTime, when - FADE_S);
  voice.gain.gain.setValueAtTime(1, fadeFrom);
  voice.gain.gain.linearRampToValueAtTime(0, Math.max(fadeFrom + 1e-4, when));
  voice.source.stop(Math.max(when, voice.when));
}

function toggle(sound) {
  if (!sound.embedded) {
    say(`${sound.title} is not inside this page. Open its file.`);
    return;
  }
  const voice = voiceOf(sound);
  if (voice && (sound.isLoop || sound.seconds > LONG_S)) {
    endVoice(voice, engine.context.currentTime + 0.02);
    playbackChanged();
    say(`${sound.title} stops`);
    return;
  }
  const played = sound.isLoop ? playLoop(sound) : playOnce(sound);
  played.catch((error) => say(`${sound.title} cannot be played: ${error.message}`));
}

function stopAll() {
  engine.turn++;
  if (!engine.context) return;
  engine.voices.forEach((voice) => endVoice(voice, engine.context.currentTime + 0.02));
  playbackChanged();
  say('All stopped');
}

function setVolume(percent) {
  engine.volume = (percent / 100) ** 2;
  if (engine.context) engine.output.gain.setTargetAtTime(engine.volume, engine.context.currentTime, 0.01);
}

// Part of the sound that has been heard, 0 to 1, or -1 while it waits for its bar.
function progressOf(voice) {
  const passed = engine.context.currentTime - voice.when;
  if (passed < 0) return -1;
  return voice.sound.isLoop ? (passed % voice.seconds) / voice.seconds : Math.min(1, passed / voice.seconds);
}
