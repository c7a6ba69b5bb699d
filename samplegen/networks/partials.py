"""A sound's steady partials as a piano roll of semitones, and the oscillators that sound them.

The roll is a transform, not learned: each bin of a long spectrum puts its energy where its own phase
says the frequency is (reassignment: Auger & Flandrin 1995), between the two nearest semitones, as far as
neighbouring bins and frames agree on it, which they do for partials and not for noise. So a note stays a
sharp line however short the frames, a chord is several lines, and a semitone up is a shift by one row.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samplegen.networks.stft import Stft

PER_OCTAVE = 12
_SHIFT = 32  # samples between the two spectra whose phases are compared
_FLOOR = 1e-3  # amplitude that counts as nothing
_SCALE = 3.0  # value of full scale
_LOUDEST = 1.0  # of full scale on the logarithmic scale: no partial is louder than a full-scale sine
# What is fainter than the first is not written down; what is below the second is not played. Between them is room
# for the small errors of a generator.
_FAINTEST, _SILENT = 0.6, 0.45
# How far bins may disagree about the frequency, in bins: beside each other, from frame to frame, from their own place.
_BESIDE, _AFTER, _AWAY = 0.18, 0.5, 1.6
_LEAST = 1e-4


def tone_frequencies(count: int, *, lowest_hz: float) -> Tensor:
    """Frequencies of `count` semitones in Hz, ``[count]``."""
    return lowest_hz * 2.0 ** (torch.arange(count) / PER_OCTAVE)


def compress(amplitude: Tensor) -> Tensor:
    """Amplitude (1 is a full-scale sine) to 0 for silence … 3 for full scale, logarithmically."""
    return torch.log1p(amplitude / _FLOOR) * (_SCALE / math.log1p(1.0 / _FLOOR))


def expand(values: Tensor) -> Tensor:
    """`compress` undone; what is hardly there is silent, and nothing gets far above full scale."""
    held = torch.where(values > _SILENT, values, torch.zeros_like(values)) / _SCALE
    return torch.expm1(held.clamp(0.0, _LOUDEST) * math.log1p(1.0 / _FLOOR)) * _FLOOR


def hann_lobe(offset: Tensor) -> Tensor:
    """Spectrum of a centred Hann window at `offset` bins from a sine's frequency, 1 at its top."""
    return torch.sinc(offset) + 0.5 * (torch.sinc(offset - 1.0) + torch.sinc(offset + 1.0))


def lobe_powers(count: int, *, lowest_hz: float, n_fft: int, sample_rate: int) -> Tensor:
    """Power of every bin for a full-scale sine at each semitone, ``[count, n_fft / 2 + 1]``."""
    place = tone_frequencies(count, lowest_hz=lowest_hz)[:, None] * n_fft / sample_rate
    offset = torch.arange(n_fft // 2 + 1) - place
    return (hann_lobe(offset) * (offset.abs() < 2.0) * (n_fft / 4)).square()


class PartialRoll(nn.Module):
    """Amplitudes of partials on a grid of semitones, one frame per `hop` samples.

    Parameters
    ----------
    count, lowest_hz
        Semitones, and the frequency of the first.
    n_fft, hop, sample_rate
        The spectrum it is read from.
    """

    def __init__(self, count: int, *, lowest_hz: float, n_fft: int, hop: int, sample_rate: int) -> None:
        super().__init__()
        self.count, self.lowest_hz, self.sample_rate = count, lowest_hz, sample_rate
        self.stft = Stft(n_fft, hop)
        highest = lowest_hz * 2.0 ** ((count + 1) / PER_OCTAVE)
        self.bins = min(n_fft // 2, math.ceil(highest * n_fft / sample_rate) + 3)

    def forward(self, samples: Tensor) -> Tensor:
        """``[B, T]`` to ``[B, N, count]``, compressed (see `compress`)."""
        with torch.autocast(samples.device.type, enabled=False):
            samples = samples.float()
            spectrum = self.stft.analyse(samples, loop=False)[..., : self.bins]
            later = self.stft.analyse(F.pad(samples, (0, _SHIFT))[..., _SHIFT:], loop=False)[..., : self.bins]
            place = self._reassign(spectrum, later)
            energy = spectrum.abs().square() * self._agreement(place)
            energy = energy * (4.0 / (self.stft.window.square().sum() * self.stft.n_fft))
            values = compress(self._deposit(place, energy).sqrt())
            return torch.where(values > _FAINTEST, values, 0.0)

    def _reassign(self, spectrum: Tensor, later: Tensor) -> Tensor:
        """Frequency of every cell in bins, from the phase that passed between two spectra."""
        bins = torch.arange(self.bins, device=spectrum.device)
        turn = torch.angle(later * spectrum.conj()) / (2.0 * math.pi) - bins * (_SHIFT / self.stft.n_fft)
        return bins + (turn - torch.round(turn)) * (self.stft.n_fft / _SHIFT)

    def _agreement(self, place: Tensor) -> Tensor:
        """1 where the cells around say the same frequency, falling to 0."""
        beside = F.pad((place[..., 1:] - place[..., :-1]).abs(), (1, 1), value=99.0)
        after = F.pad((place[:, 1:] - place[:, :-1]).abs(), (0, 0, 1, 1), value=0.0 if place.shape[1] == 1 else 99.0)
        away = place - torch.arange(self.bins, device=place.device)
        beside = torch.minimum(beside[..., 1:], beside[..., :-1]) / _BESIDE
        after = torch.minimum(after[:, 1:], after[:, :-1]) / _AFTER
        return torch.exp(-beside.square() - after.square() - (away / _AWAY).pow(4))

    def _deposit(self, place: Tensor, energy: Tensor) -> Tensor:
        """Energy on the grid, each cell's shared by the two semitones around it."""
        hertz = (place * (self.sample_rate / self.stft.n_fft)).clamp_min(1.0)
        tone = PER_OCTAVE * torch.log2(hertz / self.lowest_hz)
        below = torch.floor(tone)
        share = tone - below
        inside = (below >= -1) & (below <= self.count - 1)
        energy = torch.where(inside, energy, 0.0)
        row = torch.where(inside, below + 1, 0.0).long()
        roll = energy.new_zeros(*energy.shape[:2], self.count + 2)
        roll.scatter_add_(2, row, energy * (1.0 - share))
        roll.scatter_add_(2, row + 1, energy * share)
        return roll[..., 1:-1].clamp_min(0.0)


class Oscillators(nn.Module):
    """Sines for a roll, one for each of its local peaks, synthesised as the lobes of a spectrum.

    A peak takes its phase over from whatever was in its region a frame before, so a line that glides
    through the semitones stays one wave.

    Parameters
    ----------
    count, lowest_hz
        As in `PartialRoll`.
    stft
        The transform to synthesise with.
    """

    lobes: Tensor

    def __init__(self, count: int, *, lowest_hz: float, stft: Stft, sample_rate: int) -> None:
        super().__init__()
        self.count, self.lowest_hz, self.sample_rate = count, lowest_hz, sample_rate
        self._stft = stft
        lobes = lobe_powers(count, lowest_hz=lowest_hz, n_fft=stft.n_fft, sample_rate=sample_rate)
        self.register_buffer("lobes", lobes, persistent=False)

    def power(self, amplitude: Tensor) -> Tensor:
        """What amplitudes ``[B, K, count]`` add to the power of the spectrum, ``[B, K, F]``; differentiable."""
        return amplitude.square() @ self.lobes

    @torch.no_grad()
    def spectrum(self, amplitude: Tensor, *, loop: bool) -> Tensor:
        """Complex ``[B, K, F]`` of the sines with amplitudes ``[B, K, count]``, phases relative to frame centres."""
        peak, height, hertz = self._peaks(amplitude)
        phases = self._phases(peak, hertz, loop=loop)
        size, width = self._stft.n_fft, self._stft.n_fft // 2 + 1
        sounding = height.flatten().nonzero()[:, 0]
        place = hertz.flatten()[sounding, None] * (size / self.sample_rate)
        bins = torch.floor(place).long() + torch.arange(-2, 4, device=place.device)
        inside = (bins >= 0) & (bins < width)
        lobe = hann_lobe(bins - place) * height.flatten()[sounding, None] * (inside * (size / 4))
        values = torch.polar(lobe.abs(), phases.flatten()[sounding, None] + math.pi * (lobe < 0))
        frame = torch.div(sounding, self.count, rounding_mode="floor")[:, None]
        whole = torch.zeros(amplitude[..., 0].numel() * width, dtype=values.dtype, device=values.device)
        whole.scatter_add_(0, (frame * width + bins.clamp(0, width - 1)).flatten(), values.flatten())
        return whole.reshape(*amplitude.shape[:2], width)

    def _peaks(self, amplitude: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Which rows are local peaks, their amplitude with their neighbours', and their frequency in Hz."""
        rises = amplitude[..., 1:] > amplitude[..., :-1]
        peak = F.pad(rises, (1, 0), value=True) & F.pad(~rises, (0, 1), value=True) & (amplitude > _LEAST)
        energy = F.pad(amplitude.square(), (1, 1))
        near = energy[..., :-2] + energy[..., 1:-1] + energy[..., 2:]
        offset = (energy[..., 2:] - energy[..., :-2]) / near.clamp_min(1e-12)
        rows = torch.arange(self.count, device=amplitude.device)
        hertz = self.lowest_hz * 2.0 ** ((rows + offset) / PER_OCTAVE)
        return peak, near.sqrt() * peak, hertz

    def _phases(self, peak: Tensor, hertz: Tensor, *, loop: bool) -> Tensor:
        """Phases of all rows, ``[B, K, count]``: those of a peak's region are carried on together."""
        rows = torch.arange(self.count, device=peak.device)
        left = torch.cummax(torch.where(peak, rows, -self.count), -1).values
        right = torch.flip(torch.cummin(torch.flip(torch.where(peak, rows, 3 * self.count), [-1]), -1).values, [-1])
        owner = torch.where(rows - left <= right - rows, left, right)
        owner = torch.where((owner < 0) | (owner >= self.count), rows, owner)
        advance = 2.0 * math.pi * self._stft.hop / self.sample_rate * hertz.gather(-1, owner)
        step = (advance + torch.roll(advance, 1, dims=1)) / 2
        first = torch.arange(self.count, device=peak.device).float().mul(2.399963).expand_as(hertz[:, 0])
        phase = first.gather(-1, owner[:, 0])
        phases = [phase]
        for k in range(1, hertz.shape[1]):
            phase = torch.remainder((phase + step[:, k]).gather(-1, owner[:, k]), 2.0 * math.pi)
            phases.append(phase)
        whole = torch.stack(phases, dim=1)
        if loop:
            gap = ((phase + step[:, 0]).gather(-1, owner[:, 0]) - phases[0]) / (2.0 * math.pi)
            gap = (gap - torch.round(gap)) * 2.0 * math.pi
            whole = whole - gap[:, None] * (torch.arange(whole.shape[1], device=gap.device)[:, None] / whole.shape[1])
        return whole
