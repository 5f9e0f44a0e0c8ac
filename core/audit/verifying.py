"""Whether the trail is as it was sealed: every link is worked out again from its event."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Exists, OuterRef

from core.audit.chain import BEGINNING, link
from core.audit.sealing import LOOKS_BACK
from core.models import Event, Seal

BATCH = 1_000
LATE = timedelta(minutes=10)  # the clock seals within seconds
MOST_UNSEALED = 200
MOST_TRACED = 1_000  # links that are not as they were, of which it is found out what they were


class Wrong(StrEnum):
    ALTERED = "altered"
    MISSING = "missing"
    REORDERED = "reordered"
    INSERTED = "inserted"
    UNSEALED = "unsealed"
    CUT_OFF = "cut off"


SAYS = {
    Wrong.ALTERED: "The event or its seal is not what was sealed.",
    Wrong.MISSING: "It was sealed, and is gone.",
    Wrong.REORDERED: "It was sealed in another place of the chain.",
    Wrong.INSERTED: "It claims an earlier time than the events that were sealed before it.",
    Wrong.UNSEALED: "It has no seal.",
    Wrong.CUT_OFF: "The chain does not lead to where it once ended.",
}


@dataclass(frozen=True)
class Problem:
    """What is wrong with one link or event. `number` is its place in the chain, if it has one."""

    kind: Wrong
    number: int | None
    event_id: UUID | None = None
    last: int | None = None  # of a row of missing links


@dataclass(frozen=True)
class _Broken:
    number: int
    event: Event
    stored: bytes
    computed: bytes


class Chain:
    """One walk along an organization's chain. Afterwards `number` and `digest` are its end."""

    def __init__(self, organization_id: UUID, *, heads: dict[int, bytes] | None = None) -> None:
        self.organization_id = organization_id
        self.heads = dict(heads or {})
        self.number, self.digest = 0, BEGINNING
        self._newest: datetime | None = None  # time that an event so far has claimed
        self._follows_a_gap = False
        self._broken: list[_Broken] = []
        self._stands_after: dict[bytes, int] = {}  # digest -> the number that should follow it

    def verify(self, *, now: datetime) -> Iterator[Problem]:
        """Yield what is wrong. Reads all events once; holds a thousand in memory.

        What was committed more than an hour after it was written is told as inserted.
        The link behind a gap cannot be checked, because what it was made of is gone: the gap
        itself is told.
        """
        seals = Seal.objects.filter(organization=self.organization_id).order_by("number")
        while batch := list(seals.filter(number__gt=self.number)[:BATCH]):
            # Seen from the seals: a foreign key holds nothing against whoever switches it off.
            events = Event.objects.in_bulk([seal.event_id for seal in batch])
            for seal in batch:
                yield from self._step(seal, events.get(seal.event_id))
        yield from self._traced()
        for number in sorted(self.heads):
            yield Problem(Wrong.CUT_OFF, number)
        yield from self._unsealed(now)

    def _step(self, seal: Seal, event: Event | None) -> Iterator[Problem]:
        stored = bytes(seal.digest)
        if seal.number > self.number + 1:
            yield Problem(Wrong.MISSING, self.number + 1, last=seal.number - 1)
            self._follows_a_gap = True
        if event is None:
            yield Problem(Wrong.MISSING, seal.number, seal.event_id)
        else:
            self._check(seal.number, event, stored)
            if self._newest and event.created_at < self._newest - LOOKS_BACK:
                yield Problem(Wrong.INSERTED, seal.number, event.pk)
            self._newest = max(self._newest or event.created_at, event.created_at)
        if self.heads.get(seal.number) == stored:
            del self.heads[seal.number]
        self.number, self.digest, self._follows_a_gap = seal.number, stored, False

    def _check(self, number: int, event: Event, stored: bytes) -> None:
        if self._follows_a_gap and event.organization_id == self.organization_id:
            return
        computed = link(self.digest, event)
        if computed == stored:
            return
        self._broken.append(_Broken(number, event, stored, computed))
        self._stands_after.setdefault(self.digest, number)
        self._stands_after.setdefault(stored, number + 1)
        self._stands_after.setdefault(computed, number + 1)

    def _traced(self) -> Iterator[Problem]:
        """Tell what each broken link is: altered itself, moved, or only behind one that is.

        A link that a known digest makes what it is was not altered. Where it belongs is one
        after whoever has that digest, and so on back to a link that stands where it should.
        """
        if len(self._broken) > MOST_TRACED:
            yield from (Problem(Wrong.ALTERED, one.number, one.event.pk) for one in self._broken)
            return
        follows = {one.number: self._before(one) for one in self._broken}
        by_stored = {one.stored: one for one in self._broken}
        for one in self._broken:
            if follows[one.number] is None:
                yield Problem(Wrong.ALTERED, one.number, one.event.pk)
            elif self._place_of(one, follows, by_stored) != one.number:
                yield Problem(Wrong.REORDERED, one.number, one.event.pk)

    def _before(self, one: _Broken) -> bytes | None:
        found = (known for known in self._stands_after if link(known, one.event) == one.stored)
        return next(found, None)

    def _place_of(
        self, one: _Broken, follows: dict[int, bytes | None], by_stored: dict[bytes, _Broken]
    ) -> int:
        steps, at = 0, one
        while (before := follows[at.number]) is not None:
            steps += 1
            if before not in by_stored or steps > len(self._broken):
                return self._stands_after[before] + steps - 1
            at = by_stored[before]
        return at.number + steps

    def _unsealed(self, now: datetime) -> Iterator[Problem]:
        late = Event.objects.for_organization(self.organization_id).filter(
            ~Exists(Seal.objects.filter(event=OuterRef("pk"))), created_at__lt=now - LATE
        )
        for pk in late.order_by("created_at", "id").values_list("pk", flat=True)[:MOST_UNSEALED]:
            yield Problem(Wrong.UNSEALED, None, pk)
