"""What the tables hold: an organization, resources that are open around the clock, bookings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import product
from random import Random

import orjson
from django.db import connection
from django.utils import timezone

from benchmarks.load import request

RESOURCES = 24
MINUTES = 5
HISTORY = timedelta(days=3650)


@dataclass
class Stage:
    organization_id: str
    service_id: str
    resource_ids: list[str]
    key: str


@dataclass(frozen=True)
class Business:
    """How many work there, when, and what they do for how long."""

    resources: int
    weekdays: range
    opens: time
    closes: time
    minutes: int


AROUND_THE_CLOCK = Business(RESOURCES, range(7), time(0), time(0), MINUTES)
ONE_DESK = Business(1, range(7), time(0), time(0), 30)
OFFICE = Business(10, range(5), time(9), time(17), 30)


def stage(business: Business = AROUND_THE_CLOCK) -> Stage:
    """Make a fresh organization and everything that belongs to it."""
    from bookings.services.catalog import add_service, add_staff_member
    from core.access import Caller
    from core.ids import uuid7
    from core.models import ApiKey
    from core.services.api_key import create_api_key
    from core.services.organization import create_organization

    slug = f"benchmark-{uuid7().hex[-12:]}"
    organization = create_organization(slug=slug, name="Benchmark", timezone="UTC")
    caller = Caller.command(organization.pk)
    resources = [
        add_staff_member(
            organization=organization,
            name=f"Resource {number}",
            caller=caller,
            weekdays=business.weekdays,
            opens=business.opens,
            closes=business.closes,
        )
        for number in range(business.resources)
    ]
    service = add_service(
        organization=organization,
        name="Call",
        slug="call",
        durations=[business.minutes],
        slot_step_minutes=business.minutes,
        is_default=True,
        resources=resources,
        caller=caller,
    )
    _, key = create_api_key(
        organization=organization, kind=ApiKey.Kind.SECRET, name="benchmark", caller=caller
    )
    return Stage(
        str(organization.pk), str(service.pk), [str(resource.pk) for resource in resources], key
    )


def wishes(stage: Stage, *, port: int) -> Iterator[bytes]:
    """Yield requests to book, each for a time of its own, in random order."""
    starts = [tomorrow() + timedelta(minutes=MINUTES * n) for n in range(288 * 150)]
    places = list(product(stage.resource_ids, starts))
    Random(7).shuffle(places)
    for number, (resource_id, start) in enumerate(places):
        body = {
            "name": f"Mia Müller {number}",
            "company": "Müller GmbH",
            "email": f"mia.{number}@example.com",
            "inquiry": "As last time, and a little shorter at the sides.",
            "resourceId": resource_id,
            "timeSlot": {"startTime": start, "duration": MINUTES},
        }
        yield request("POST", "/api/bookings", port=port, key=stage.key, body=orjson.dumps(body))


def plain_inserts(stage: Stage, *, port: int) -> Iterator[bytes]:
    """Yield requests to the floor's one INSERT, of the same size."""
    start = timezone.now()
    number = 0
    while True:
        number += 1
        body = {
            "name": f"Mia Müller {number}",
            "company": "Müller GmbH",
            "email": f"mia.{number}@example.com",
            "inquiry": "As last time, and a little shorter at the sides.",
            "starts_at": start,
            "ends_at": start + timedelta(minutes=MINUTES),
        }
        yield request(
            "POST", "/api/floor/insert", port=port, key=stage.key, body=orjson.dumps(body)
        )


def tomorrow() -> datetime:
    return (timezone.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def book_ahead(stage: Stage, *, days: int) -> int:
    """Book every other half hour of an office for `days` through the service; return how many."""
    from bookings.models import Resource, Service
    from bookings.services.booking import BookingRequest, create_booking
    from bookings.services.customer import CustomerDetails
    from core.access import Caller

    service = Service.objects.select_related("organization").get(pk=stage.service_id)
    caller = Caller.command(service.organization_id)
    customer = CustomerDetails(name="Mia Müller", company="Müller GmbH", email="mia@example.com")
    booked = 0
    for resource in Resource.objects.filter(pk__in=stage.resource_ids):
        for day in (tomorrow() + timedelta(days=n) for n in range(days)):
            if day.weekday() not in OFFICE.weekdays:
                continue
            for hour in range(OFFICE.opens.hour, OFFICE.closes.hour):
                create_booking(
                    BookingRequest(
                        service=service,
                        customer=customer,
                        starts_at=day + timedelta(hours=hour),
                        minutes=OFFICE.minutes,
                        inquiry="As last time",
                        resource=resource,
                    ),
                    caller=caller,
                )
                booked += 1
    return booked


def add_places(stage: Stage, places: int) -> None:
    """Let every resource be booked so often at once."""
    from bookings.models import Resource
    from bookings.services.schedule import set_places
    from core.db import in_one_transaction

    for resource in Resource.objects.filter(pk__in=stage.resource_ids):
        in_one_transaction(set_places)(resource, places)


def fill(stage: Stage, *, bookings: int, already: int = 0) -> None:
    """Add past bookings with their allocations and events, and as many plain rows.

    `already` are there from an earlier call, and count.

    One real booking's ciphertexts are copied: a value is bound to its column, not to its row.
    """
    from django.db import transaction

    columns = [
        *("name", "company", "email", "phone", "inquiry", "notes", "cancel_reason"),
        *("location_kind", "location"),
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(
            f"""
            WITH pattern AS (
                SELECT * FROM bookings_booking WHERE organization_id = %(organization)s LIMIT 1
            ), lanes AS (
                SELECT l.id AS lane_id, r.id AS resource_id,
                       row_number() OVER (ORDER BY r.id) - 1 AS place
                FROM bookings_lane l JOIN bookings_resource r ON r.id = l.resource_id
                WHERE r.organization_id = %(organization)s
            ), made AS (
                INSERT INTO bookings_booking (
                    id, organization_id, reference, service_id, resource_id, customer_id, status,
                    starts_at, ends_at, timezone, {", ".join(columns)}, email_index, phone_index,
                    name_index, price_currency, source, version
                )
                SELECT gen_random_uuid(), p.organization_id, 'B' || to_hex(n),
                       p.service_id, l.resource_id, p.customer_id, 'COMPLETED',
                       %(past)s + (n / %(resources)s) * interval '5 minutes',
                       %(past)s + (n / %(resources)s) * interval '5 minutes' + interval '5 minutes',
                       p.timezone, {", ".join("p." + name for name in columns)},
                       sha256(int8send(n)), NULL,
                       ARRAY[n %% 5000, n %% 700, (n * 7) %% 9000]::bigint[], '', 'API', 1
                FROM generate_series(%(already)s, %(count)s - 1) AS n
                CROSS JOIN pattern p
                JOIN lanes l ON l.place = n %% %(resources)s
                RETURNING id, resource_id, starts_at, ends_at
            )
            INSERT INTO bookings_allocation (id, lane_id, booking_id, starts_at, ends_at)
            SELECT gen_random_uuid(), l.lane_id, m.id, m.starts_at, m.ends_at
            FROM made m JOIN lanes l ON l.resource_id = m.resource_id
            """,
            {
                "organization": stage.organization_id,
                "past": datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
                - HISTORY,
                "resources": len(stage.resource_ids),
                "count": bookings,
                "already": already,
            },
        )
        cursor.execute(
            """
            INSERT INTO benchmarks_floorrow
            SELECT gen_random_uuid(), %s, 'K7PM-4XQ2', 'PENDING', 'Mia Müller', 'Müller GmbH',
                   'mia@example.com', '', 'As last time, and a little shorter at the sides.',
                   now() + n * interval '5 minutes', now() + (n + 1) * interval '5 minutes',
                   1, now()
            FROM generate_series(1, %s) AS n
            """,
            [stage.organization_id, min(bookings, 10_000)],
        )
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE bookings_booking, bookings_allocation, benchmarks_floorrow")
        cursor.execute("RESET statement_timeout")
