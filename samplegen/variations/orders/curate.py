"""Orders of curated packs: oversample, judge, choose; later rounds follow a listener's votes."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from samplegen.errors import InputError, ModelError, ModelMissingError, SamplegenError, UsageError
from samplegen.files import hash_bytes
from samplegen.pack.audition.votes import read_votes
from samplegen.pack.companions import Companion, PackView
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.entries import FileEntry
from samplegen.pack.gates import Guard
from samplegen.pack.journal import Journal
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.manifest import Manifest, job_key
from samplegen.pack.orders import PlannedOrder
from samplegen.pack.recordings import find_recordings
from samplegen.pack.sound import Sound
from samplegen.pack.sound_map import make_map
from samplegen.pack.verdict import Verdict
from samplegen.pack.word_plan import words_of
from samplegen.variations.curate import BLOCK, Candidate, Drawer, Ear, anchors_of, judge_artefacts
from samplegen.variations.curating.choice import choose_candidates, find_guard, refusals, sound_of
from samplegen.variations.curating.neighbourhood import Anchor, Neighbourhood
from samplegen.variations.curating.request import CurateRequest, form_of, settle
from samplegen.variations.curating.rounds import Curation, read_curation
from samplegen.variations.curating.selection import map_positions
from samplegen.variations.curating.store import CandidateStore
from samplegen.variations.edits.sources import EditSource, read_source, with_kind

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

DEFAULT_MODEL: Final = "generator-drums-44k-fast"
SECTION: Final = "curate"
# Where the gates leave too few, so many times the candidates are drawn at most.
MOST_TIMES: Final = 2


class CurateOrder(PlannedOrder):
    """Plan of a `CurateRequest`; `prepare` draws and chooses, then a pack can be filled.

    Attributes
    ----------
    engine
        ``alpha`` or ``morph``.
    pool
        All candidates of this round, after `prepare`.
    """

    attempts = 1

    def __init__(self, request: CurateRequest, *, generator: "Generator | None" = None) -> None:
        super().__init__()
        self.request = request
        self._journal = Journal(request.out)
        found = None if request.force and request.feedback is None else read_curation(request.out)
        if request.feedback is not None and (found is None or self._journal.manifest is None):
            raise InputError(
                f"{request.out} is no curated pack, so --feedback has nothing to go on from. Curate first."
            )
        self.settled = settle(request, found.asked if found is not None and request.feedback else {})
        self.engine, self.generator = self._choose(generator)
        self.ear = Ear(self.generator)
        self.guard = self._find_guard()
        self._favourites = self._read_favourites()
        self._question = hash_bytes(repr(self._asked()).encode())
        self._found = found if self._goes_on(found) else None
        if found is not None and self._found is None:
            raise UsageError(
                f"{request.out} holds a curated pack of another request. Choose another --out, or add --force."
            )
        self._store = CandidateStore(request.out, self._question)
        self.seed = self._seed()
        earlier = self._journal.manifest.rejected if self._journal.manifest and self._found else ()
        self._rejected = frozenset(earlier)
        self.around = Neighbourhood(tuple(self._favourites) or (self._found.around.favourites if self._found else ()))
        self._base = self._stay()
        self.pool: list[Candidate] = []
        self._chosen: list[Candidate] = []
        self.jobs = [entry.job for entry in self._base]
        self.count = len(self.jobs)

    def prepare(self) -> None:
        """Draw the candidates that are needed and choose among them.

        Raises
        ------
        SamplegenError
            If nothing can be drawn, or nothing is left of a pack that had nothing before.
        """
        slots = self._slots()
        if slots:
            self.pool = self._candidates(slots)
            self._chosen = self._choose_of(self.pool, slots)
            if len(self._chosen) < len(slots):
                self.notes.append(
                    f"{len(slots) - len(self._chosen)} of {len(slots)} sounds are missing: too few candidates passed "
                    "the gates or differ enough. Give a larger --oversample."
                )
        self.jobs = [entry.job for entry in self._base] + [self._job(one.sound) for one in self._chosen]
        self.count = len(self.jobs)
        if not self.jobs:
            raise self.nothing_made([], [])

    @property
    def chosen(self) -> list[Candidate]:
        """The candidates of this round that are taken, the best first."""
        return list(self._chosen)

    @property
    def words(self) -> dict[str, str]:
        """A word for each job; sounds that stay keep theirs."""
        words = {entry.job: entry.word for entry in self._base}
        for job in self.jobs:
            if job not in words:
                words[job] = next(word for word in words_of(job, seed=self.seed) if word not in words.values())
        return words

    @property
    def rejected(self) -> frozenset[str]:
        """Jobs that listeners did not want, of all rounds."""
        return self._rejected

    @property
    def licence(self) -> str:
        """Of the pack."""
        return SOURCE_LICENCE if self.generator is None else self.generator.description.licence

    @property
    def attributions(self) -> tuple[str, ...]:
        """Owed to the model's training data."""
        return () if self.generator is None else self.generator.description.attributions

    @property
    def engine_name(self) -> str:
        """What the report says."""
        return "curate/morph_chain" if self.generator is None else "curate/alpha_blend"

    def job(self, index: int) -> str:
        """Key of sound `index`, those that stay first."""
        return self.jobs[index]

    def make(self, indices: Sequence[int], attempt: int) -> list[Sound]:
        """Chosen candidates."""
        if min(indices) < len(self._base):
            raise InputError("A sound that was to stay has changed meanwhile. Curate again.")
        return [self._chosen[index - len(self._base)].sound for index in indices]

    def judge(self, sound: Sound, *, index: DuplicateIndex) -> Verdict:
        """What was found when the candidates were drawn; the choice has seen to it that they differ."""
        return self._verdicts[self._job(sound)]

    def nothing_made(self, missing: Sequence[str], errors: Sequence[InputError]) -> SamplegenError:
        """Which gates refused the candidates."""
        told = ", ".join(f"{name} {number}" for name, number in sorted(refusals(self.pool).items()))
        return ModelError(f"None of {len(self.pool)} candidates passed the gates ({told}). Ask for something else.")

    def companions(self, view: PackView) -> list[Companion]:
        """``map.png`` and ``curation.json`` of the finished pack."""
        vectors = self.ear.vectors([sound_of(view.folder, entry) for entry in view.entries])
        places = map_positions(vectors)
        placed = {entry.path: (float(x), float(y)) for entry, (x, y) in zip(view.entries, places, strict=True)}
        earlier = self._found.rounds if self._found else ()
        rounds = (*earlier, self.told()) if self.pool else earlier
        curation = Curation(
            self._question, self.seed, self.settled.to_json(), rounds, tuple(self.jobs), placed, self.around
        )
        return [*make_map(view, placed), curation.companion([entry.path for entry in view.entries])]

    def told(self) -> dict[str, Any]:
        """What this round drew, refused and chose."""
        passed = [one for one in self.pool if one.verdict.passed]
        return {
            "round": len(self._found.rounds) if self._found else 0, "engine": self.engine_name, "ear": self.ear.name,
            "drawn": len(self.pool), "passed": len(passed), "refused": refusals(self.pool), "stayed": len(self._base),
            "chosen": len(self._chosen), "guard": self.guard is not None,
        }  # fmt: skip

    def finished(self) -> None:
        """Drop the candidates that lie on the disk."""
        self._store.clear()

    @cached_property
    def _verdicts(self) -> dict[str, Verdict]:
        return {self._job(one.sound): one.verdict for one in self._chosen}

    def _job(self, sound: Sound) -> str:
        origin = sound.provenance
        content = "/".join([origin.model_hash, *(anchor.name for anchor in self._favourites)])
        return job_key(engine=origin.engine, model_hash=content, seed=origin.seed, parameters=origin.parameters)

    def _choose(self, generator: "Generator | None") -> tuple[str, "Generator | None"]:
        """The engine that runs; without a model the user's own sounds are recombined, where there are some."""
        request = self.request
        if request.engine == "morph":
            self.notes.append("Made by the engine 'morph': recombination of your sounds, not generation.")
            return "morph", None
        from samplegen.engines.alpha_blend import load_generator

        try:
            return "alpha", generator or load_generator(request.model or DEFAULT_MODEL)
        except ModelMissingError as error:
            if request.engine == "alpha" or request.model is not None or not request.likes or self.settled.loops:
                raise
            self.notes.append(f"Made by the fallback 'morph': recombination of your sounds, not generation. {error}")
            return "morph", None

    def _find_guard(self) -> Guard | None:
        if self.generator is None:
            return None
        guard = find_guard(self.generator)
        if guard is None:
            self.notes.append(f"{self.generator.name} has no memorisation guard: nothing was compared.")
        return guard

    def _read_favourites(self) -> list[Anchor]:
        """The user's sounds, those of no use left out and named."""
        if not self.request.likes:
            if self.engine == "morph":
                raise InputError("The engine 'morph' recombines your own sounds. Name some with --like.")
            return []
        sources: list[EditSource] = []
        for recording in find_recordings(self.request.likes):
            try:
                sources.append(self._named(read_source(recording)))
            except InputError as error:
                self.notes.append(f"Left out of --like: {error}")
        return list(anchors_of(sources, self.ear, names=[one.recording.sha256 for one in sources]))

    def _named(self, source: EditSource) -> EditSource:
        generator = self.generator
        if generator is None:
            return source
        known = generator.description
        return with_kind(source, (*known.kinds, *known.loop_kinds), embedder=generator.clap)

    def _asked(self) -> list[Any]:
        asked = {name: value for name, value in self.settled.to_json().items() if name != "count"}
        model = "" if self.generator is None else self.generator.hash
        return [self.engine, model, sorted(asked.items()), [anchor.name for anchor in self._favourites]]

    def _goes_on(self, found: Curation | None) -> bool:
        """Whether a pack that is there is one of this request, so that its sounds stay."""
        request = self.request
        if found is None or request.feedback is not None:
            return found is not None
        return found.question == self._question and request.seed in (None, found.seed)

    def _seed(self) -> int:
        if self._found is not None:
            return self._found.seed
        if self.request.seed is not None:
            return self.request.seed
        stopped = None if self.request.force else self._store.seed
        return secrets.randbits(32) if stopped is None else stopped

    def _stay(self) -> list[FileEntry]:
        """Sounds of the pack that stay, the best first; votes are taken to heart."""
        manifest, found = self._journal.manifest, self._found
        if manifest is None or found is None:
            return []
        self.around = Neighbourhood(self.around.favourites, found.around.keeps, found.around.rejects)
        complete = {entry.path for entry in self._journal.entries}
        entries = {entry.job: entry for entry in manifest.files if entry.section == SECTION and entry.path in complete}
        if self.request.feedback is not None:
            self._hear_votes(self.request.feedback, manifest, entries)
        return [entries[job] for job in found.jobs if job in entries and job not in self._rejected]

    def _hear_votes(self, path: Path, manifest: Manifest, entries: Mapping[str, FileEntry]) -> None:
        votes = read_votes(path)
        kept = [entries[job] for job in sorted(votes.kept_jobs(manifest)) if job in entries]
        gone = [entries[job] for job in sorted(votes.rejected_jobs(manifest)) if job in entries]
        self._rejected |= {entry.job for entry in gone}
        keeps, rejects = ([self._anchor(entry) for entry in some] for some in (kept, gone))
        self.around = self.around.with_votes(keeps=keeps, rejects=rejects)
        if not gone:
            self.notes.append("The votes reject no sound of this pack, so all of them stay.")

    def _anchor(self, entry: FileEntry) -> Anchor:
        sound = sound_of(self.request.out, entry)
        recording = find_recordings([self.request.out / entry.path])[0]
        source = EditSource(recording, sound.audio, sound.tags)
        return Anchor(entry.category, self.ear.vectors([sound])[0], source, entry.job)

    def _slots(self) -> list[str]:
        """Kinds of the sounds that are needed; sounds that stay and have no place any more are dropped."""
        if self.generator is None:
            self._base = self._base[: self.settled.count]
            return ["slice"] * (self.settled.count - len(self._base))
        kinds = self._form.kinds
        wanted = Counter(kinds[number % len(kinds)] for number in range(self.settled.count))
        stay = []
        for entry in self._base:
            if wanted[entry.category] > 0:
                wanted[entry.category] -= 1
                stay.append(entry)
        self._base = stay
        left = Counter(wanted)
        order = [kinds[number % len(kinds)] for number in range(self.settled.count)]
        slots = []
        for kind in order:
            if left[kind] > 0:
                left[kind] -= 1
                slots.append(kind)
        return slots

    @cached_property
    def _form(self) -> Any:
        assert self.generator is not None  # morph has no form
        known = self.generator.description
        allowed = known.loop_kinds if self.settled.loops else known.kinds
        favoured = tuple(dict.fromkeys(one.kind for one in self.around.favourites if one.kind in allowed))
        form = form_of(self.settled, self.generator, favoured=favoured)
        strays = [one for one in self.around.favourites if one.kind not in form.kinds]
        if self.around.favourites and len(strays) == len(self.around.favourites):  # all of other kinds
            moved = tuple(Anchor(kind, one.vector, None, one.name) for kind in form.kinds for one in strays)
            self.around = Neighbourhood(moved, self.around.keeps, self.around.rejects)
        return form

    def _candidates(self, slots: Sequence[str]) -> list[Candidate]:
        """The pool: the store's, and drawn."""
        self._store.begin(self.seed)
        if self.generator is None:
            from samplegen.variations.curating.recombination import recombine

            sources = [one.source for one in self._favourites if one.source is not None]
            return recombine(sources, seed=self.seed + len(self._rejected), ear=self.ear)
        form = self._form
        salt = hash_bytes("/".join([str(len(self._base)), *sorted(self._rejected)]).encode())[:12]
        drawer = Drawer(
            self.generator, form, tuple(slots), self.seed, salt, self.around, self.settled.strength, self.guard
        )
        store = self._store.round(salt if self.guard is None else f"{salt}-guarded")
        first = -(-len(slots) * self.settled.oversample // BLOCK)
        drawn: list[Candidate] = []
        for block in range(first * MOST_TIMES):
            if block >= first and len(self._choose_of(judge_artefacts(drawn), slots)) == len(slots):
                break
            found = store.read(block)
            if found is None:
                found = drawer.draw(block)
                store.write(block, found)
            drawn += found
            if self.request.progress:
                self.request.progress(min(block + 1, first), first)
        return judge_artefacts(drawn)

    def _choose_of(self, pool: Sequence[Candidate], slots: Sequence[str]) -> list[Candidate]:
        """Good ones that differ from each other and from what stays."""
        taken = {entry.job for entry in self._base} | set(self._rejected)
        able = [one for one in pool if one.verdict.passed and self._job(one.sound) not in taken]
        stay = [sound_of(self.request.out, entry) for entry in self._base]
        quotas = None if self.generator is None else Counter(slots)
        return choose_candidates(
            able, stay=stay, count=len(slots), quotas=quotas, diversity=self.settled.diversity, ear=self.ear,
            around=self.around,
        )  # fmt: skip
