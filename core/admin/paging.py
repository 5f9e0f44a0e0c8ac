"""Pages of lists that may hold a million rows."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

COUNTED_UP_TO = 10_000


class CappedPaginator(Paginator):
    """Counts no further than 10 000, so that neither counting nor turning pages grows with the
    table. Who wants what lies beyond asks more precisely: a day, a name, a status.
    """

    template_name = "admin/console/pagination.html"

    @cached_property
    def _found(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[: COUNTED_UP_TO + 1].count()
        return len(rows)

    @cached_property
    def count(self) -> int:
        return min(self._found, COUNTED_UP_TO)

    @property
    def is_capped(self) -> bool:
        return self._found > COUNTED_UP_TO
