"""Lists of bookings: filters, both paginations, how often they ask."""

from datetime import timedelta

import pytest

pytestmark = pytest.mark.django_db

BOOKINGS = "/api/bookings"


@pytest.fixture
def booked(desk, wish) -> dict:
    return desk.post(BOOKINGS, wish).json()["data"]


class TestLists:
    @pytest.fixture(autouse=True)
    def week(self, book, ten_o_clock):
        self.rows = [
            book(at=ten_o_clock + timedelta(days=day, hours=hour))
            for day in range(5)
            for hour in (0, 2, 4)
        ]

    def test_a_list_costs_two_statements_however_long(self, desk, django_assert_num_queries):
        desk.get(BOOKINGS)
        with django_assert_num_queries(2):
            response = desk.get(BOOKINGS, {"limit": "100"})
        assert len(response.json()["data"]) == 15

    def test_pages_by_number(self, desk):
        first = desk.get(BOOKINGS, {"limit": "10"}).json()
        second = desk.get(BOOKINGS, {"limit": "10", "page": "2"}).json()

        assert first["pagination"] == {"page": 1, "limit": 10, "total": 15, "totalPages": 2}
        assert [b["id"] for b in first["data"] + second["data"]] == [str(b.pk) for b in self.rows]
        beyond = desk.get(BOOKINGS, {"page": "9"})
        assert (beyond.status_code, beyond.json()["data"]) == (200, [])

    def test_pages_by_cursor_both_ways(self, desk):
        seen, cursor, cursors = [], "", []
        while cursor is not None:
            page = desk.get(BOOKINGS, {"limit": "4", "cursor": cursor}).json()
            assert set(page["pagination"]) == {"limit", "next", "previous"}
            seen += [b["id"] for b in page["data"]]
            cursors.append(page["pagination"])
            cursor = page["pagination"]["next"]
        assert seen == [str(b.pk) for b in self.rows]
        assert cursors[0]["previous"] is None
        back = desk.get(BOOKINGS, {"limit": "4", "cursor": cursors[1]["previous"]}).json()
        assert [b["id"] for b in back["data"]] == seen[:4]
        assert back["pagination"]["previous"] is None

    def test_days_are_the_organizations(self, desk):
        def found(**query):
            response = desk.get(BOOKINGS, {"limit": "100", **query})
            assert response.status_code == 200, response.content
            return len(response.json()["data"])

        assert found(dateFrom="2026-11-17", dateTo="2026-11-17") == 3
        assert found(dateFrom="2026-11-17") == 12
        assert found(dateTo="2026-11-17") == 6
        assert found(dateFrom="2026-11-17T11:00:00Z") == 11
        assert found(dateTo="2026-11-16T11:00:00Z") == 1

    def test_filters(self, desk, staff, haircut, anna):
        from bookings.services.status import cancel_booking

        cancel_booking(self.rows[0], caller=staff)

        def found(**query):
            return [b["id"] for b in desk.get(BOOKINGS, {"limit": "100", **query}).json()["data"]]

        assert found(status="CANCELLED") == [str(self.rows[0].pk)]
        assert len(found(email="MIA@example.com")) == 15
        assert found(email="nobody@example.com") == []
        assert len(found(serviceId=str(haircut.pk), resourceId=str(anna.pk))) == 15
        assert len(found(search="mül")) == 15
        assert len(found(search="mia mue")) == 0
        assert found(search=self.rows[3].reference.lower().replace("-", "")) == [
            str(self.rows[3].pk)
        ]
        assert len(found(search="+49 30 123 45 67")) == 15
        assert found(search="mia@example.co") == []

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"limit": "101"}, "limit"),
            ({"limit": "0"}, "limit"),
            ({"page": "0"}, "page"),
            ({"page": "x"}, "page"),
            ({"cursor": "zzz"}, "cursor"),
            ({"cursor": "", "page": "1"}, "cursor"),
            ({"status": "DONE"}, "status"),
            ({"dateFrom": "2026-13-01"}, "dateFrom"),
            ({"dateFrom": "yesterday"}, "dateFrom"),
            ({"color": "red"}, "color"),
            ({"email": "x"}, "email"),
            ({"serviceId": "x"}, "serviceId"),
            ({"status": ["PENDING", "CONFIRMED"]}, "status"),
        ],
    )
    def test_a_query_that_is_none_is_refused_by_name(self, desk, query, field):
        response = desk.get(BOOKINGS, query)

        assert response.status_code == 400
        assert list(response.json()["error"]["details"]["fields"]) == [field]
