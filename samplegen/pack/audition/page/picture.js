// Drawing: waveform and spectrogram of the selected sound, from its decoded samples.
const FFT_SIZE = 2048;
const LOWEST_HZ = 40;
const RANGE_DB = 75;

const fft = (() => {
  const size = FFT_SIZE;
  const swap = new Uint16Array(size);
  for (let i = 0, bits = Math.log2(size); i < size; i++) {
    for (let bit = 0; bit < bits; bit++) if (i & (1 << bit)) swap[i] |= 1 << (bits - 1 - bit);
  }
  const cos = Float32Array.from({length: size / 2}, (_, i) => Math.cos((2 * Math.PI * i) / size));
  const sin = Float32Array.from({length: size / 2}, (_, i) => Math.sin((2 * Math.PI * i) / size));
  const hann = Float32Array.from({length: size}, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  const real = new Float32Array(size);
  const imag = new Float32Array(size);
  // Powers of the bins of the samples around `centre`; a ring goes on at its other end.
  return (samples, centre, ring) => {
    for (let i = 0; i < size; i++) {
      let at = centre - size / 2 + i;
      if (ring) at = ((at % samples.length) + samples.length) % samples.length;
      real[swap[i]] = at >= 0 && at < samples.length ? samples[at] * hann[i] : 0;
    }
    imag.fill(0);
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let base = 0; base < size; base += 2 * half) {
        for (let k = 0; k < half; k++) {
          const low = base + k;
          const high = low + half;
          const c = cos[k * stride];
          const s = sin[k * stride];
          const r = real[high] * c + imag[high] * s;
          const m = imag[high] * c - real[high] * s;
          real[high] = real[low] - r;
          imag[high] = imag[low] - m;
          real[low] += r;
          imag[low] += m;
        }
      }
    }
    return {real, imag};
  };
})();

const ramp = (() => {
  const style = getComputedStyle(document.documentElement);
  const stops = Array.from({length: 9}, (_, i) => {
    const hex = style.getPropertyValue(`--ramp-${i}`).trim().slice(1);
    return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
  });
  return Array.from({length: 256}, (_, level) => {
    const place = (level / 255) * 7.5;
    const stop = Math.floor(place);
    return stops[stop].map((value, i) => value + (stops[stop + 1][i] - value) * (place - stop));
  });
})();
const rampPixels = Uint32Array.from(ramp, ([r, g, b]) => (255 << 24 | Math.round(b) << 16 | Math.round(g) << 8 | Math.round(r)) >>> 0);
const rampText = (level) => `rgb(${ramp[level].map(Math.round).join(' ')})`;

function mixed(buffer) {
  if (buffer.numberOfChannels === 1) return buffer.getChannelData(0);
  const sum = new Float32Array(buffer.length);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel);
    for (let i = 0; i < sum.length; i++) sum[i] += samples[i] / buffer.numberOfChannels;
  }
  return sum;
}

function sizedCanvas(id) {
  const canvas = byId(id);
  const scale = Math.min(2, window.devicePixelRatio || 1);
  canvas.width = Math.max(1, Math.round(canvas.clientWidth * scale));
  canvas.height = Math.max(1, Math.round(canvas.clientHeight * scale));
  const draw = canvas.getContext('2d');
  return {draw, width: canvas.width, height: canvas.height, scale};
}

function drawGridLines({draw, width, height, scale}, sound) {
  if (!sound.isLoop) return;
  const beats = sound.bars * sound.meter[0];
  for (let beat = 1; beat < beats; beat++) {
    const onBar = beat % sound.meter[0] === 0;
    draw.fillStyle = onBar ? 'rgb(255 255 255 / 0.5)' : 'rgb(255 255 255 / 0.14)';
    draw.fillRect(Math.round((beat / beats) * width), 0, scale, height);
  }
}

function drawWave(sound, samples) {
  const sheet = sizedCanvas('wave');
  const {draw, width, height} = sheet;
  draw.clearRect(0, 0, width, height);
  draw.fillStyle = rampText(205);
  for (let x = 0; x < width; x++) {
    const from = Math.floor((x / width) * samples.length);
    const to = Math.max(from + 1, Math.floor(((x + 1) / width) * samples.length));
    let low = 1;
    let high = -1;
    for (let i = from; i < to; i++) {
      if (samples[i] < low) low = samples[i];
      if (samples[i] > high) high = samples[i];
    }
    const top = ((1 - high) / 2) * height;
    draw.fillRect(x, top, 1, Math.max(1, ((high - low) / 2) * height));
  }
  drawGridLines(sheet, sound);
}

function drawSpectrum(sound, samples, rate) {
  const sheet = sizedCanvas('spectrum');
  const {draw, width, height, scale} = sheet;
  const columns = Math.min(width, 900);
  const rows = Math.min(height, 240);
  const highest = rate / 2;
  const bins = Array.from({length: rows}, (_, row) =>
    (LOWEST_HZ * (highest / LOWEST_HZ) ** (1 - row / rows) * FFT_SIZE) / rate);
  const levels = new Float32Array(columns * rows);
  let top = -Infinity;
  for (let column = 0; column < columns; column++) {
    const {real, imag} = fft(samples, Math.floor(((column + 0.5) / columns) * samples.length), sound.isLoop);
    const power = (bin) => real[bin] ** 2 + imag[bin] ** 2;
    for (let row = 0; row < rows; row++) {
      const bin = Math.min(FFT_SIZE / 2 - 1, bins[row]);
      const low = Math.floor(bin);
      const value = power(low) + (power(low + 1) - power(low)) * (bin - low);
      // Three dB an octave more for the treble, as music falls off by about as much.
      const level = 10 * Math.log10(value + 1e-12) + 3 * Math.log2(bin + 1);
      levels[row * columns + column] = level;
      if (level > top) top = level;
    }
  }
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < levels.length; i++) {
    pixels[i] = rampPixels[Math.max(0, Math.min(255, Math.round(255 * (1 + (levels[i] - top) / RANGE_DB))))];
  }
  const small = new OffscreenCanvas(columns, rows);
  small.getContext('2d').putImageData(image, 0, 0);
  draw.imageSmoothingEnabled = true;
  draw.drawImage(small, 0, 0, width, height);
  drawGridLines(sheet, sound);
  drawFrequencies(draw, {height, scale, highest});
}

function drawFrequencies(draw, {height, scale, highest}) {
  draw.font = `${10 * scale}px system-ui, sans-serif`;
  draw.textBaseline = 'middle';
  for (const [hz, text] of [[100, '100 Hz'], [1000, '1 kHz'], [10000, '10 kHz']]) {
    const y = height * (1 - Math.log(hz / LOWEST_HZ) / Math.log(highest / LOWEST_HZ));
    draw.fillStyle = 'rgb(0 0 0 / 0.6)';
    draw.fillRect(0, y - 7 * scale, draw.measureText(text).width + 8 * scale, 14 * scale);
    draw.fillStyle = '#fff';
    draw.fillText(text, 4 * scale, y);
  }
}

let drawing = 0;
function drawSelected() {
  clearTimeout(drawing);
  drawing = setTimeout(async () => {
    const sound = sounds[state.selected];
    if (!sound || !sound.embedded) return;
    try {
      const buffer = await bufferOf(sound);
      if (sounds[state.selected] !== sound) return;
      const samples = mixed(buffer);
      drawWave(sound, samples);
      drawSpectrum(sound, samples, buffer.sampleRate);
    } catch (error) {
      say(`${sound.title} cannot be drawn: ${error.message}`);
    }
  }, 60);
}
