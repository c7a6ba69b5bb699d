"""``audition.html``: a page to hear a pack, and the votes that it saves."""

from samplegen.pack.audition.page import make_audition
from samplegen.pack.audition.votes import Vote, Votes, read_votes

__all__ = ["Vote", "Votes", "make_audition", "read_votes"]
