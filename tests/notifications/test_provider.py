"""Mail by a provider's API, and what the provider reports about it later."""

from base64 import b64decode, b64encode

import pytest
from django.db import OperationalError, connection

from bookings.services.status import confirm_booking
from core.models import Event
from notifications.models import Delivery
from tests.calendar_files import event_in, says
from tests.notifications.provider import Postmark

pytestmark = pytest.mark.django_db

SECRET = "reports:0123456789abcdef0123"
PATH = "/api/webhooks/mail/postmark"
MIA = "mia@example.com"
INACTIVE = (
    "You tried to send to recipient(s) that have been marked as inactive. "
    "Found inactive addresses: mia@example.com. Inactive recipients are ones that have "
    "generated a hard bounce, a spam complaint, or a manual suppression."
)


@pytest.fixture
def postmark(settings, salon):
    """Mail leaves through Postmark, to customers only."""
    salon.admin_email = ""
    salon.save()
    provider = Postmark()
    provider.start()
    settings.EMAIL_PROVIDER = "postmark"
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.MAIL_WEBHOOK_SECRET = SECRET
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "a-token",
        "POSTMARK_API_URL": provider.url,
        "REQUESTS_TIMEOUT": 2,
        "IGNORE_UNSUPPORTED_FEATURES": True,
        "WEBHOOK_SECRET": SECRET,
    }
    settings.DEFAULT_FROM_EMAIL = "bookings@holdfast.example"
    yield provider
    provider.stop()


@pytest.fixture
def report(client):
    """Report as Postmark does."""

    def report(kind: str, *, secret: str = SECRET, path: str = PATH, **fields):
        headers = {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"}
        body = {"RecordType": kind, "Recipient": MIA, "Metadata": {}} | fields
        return client.post(path, body, content_type="application/json", headers=headers)

    return report


@pytest.fixture
def confirmed(book, staff, deliver, postmark) -> Delivery:
    """A confirmation that the provider has taken."""
    confirm_booking(book(), caller=staff)
    deliver()
    return Delivery.objects.get(message="booking_confirmed")


def known_as(row: Delivery) -> dict[str, object]:
    return {"MessageID": row.provider_message_id, "Metadata": {"delivery": str(row.pk)}}


def test_a_mail_is_handed_to_the_provider(confirmed, postmark):
    assert postmark.tokens == ["a-token"]
    (mail,) = postmark.mails
    assert mail["To"] == MIA
    assert mail["From"] == "Salon Soleil <bookings@holdfast.example>"
    assert mail["Subject"] == "Confirmed: Haircut, Mon 16 Nov, 10:00 with Anna"
    assert mail["Metadata"] == {"delivery": str(confirmed.pk)}
    assert {"Name": "Message-ID", "Value": f"<{confirmed.pk}@holdfast.example>"} in mail["Headers"]
    (attached,) = mail["Attachments"]
    assert attached["Name"] == "invite.ics"
    assert attached["ContentType"] == 'text/calendar; method="REQUEST"; charset="utf-8"'
    event = event_in(b64decode(attached["Content"]))
    assert says(event, "uid") == str(confirmed.booking_id)
    assert (confirmed.status, confirmed.provider_message_id) == (
        "SENT",
        "0a129aee-e1cd-480d-b08d-4f48548ff001",
    )


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (
            (422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'mia@example.com'."}),
            "FAILED",
        ),
        ((422, {"ErrorCode": 406, "Message": "Something about mia@example.com."}), "QUEUED"),
        ((422, {"ErrorCode": 406, "Message": INACTIVE}), "FAILED"),
        ((401, {"ErrorCode": 10, "Message": "Bad or missing Server API token."}), "QUEUED"),
        ((429, {"ErrorCode": 429, "Message": "Rate limit exceeded."}), "QUEUED"),
        ((500, {"ErrorCode": 500, "Message": "Internal server error."}), "QUEUED"),
        ((200, {"nonsense": True}), "QUEUED"),
    ],
)
def test_what_the_provider_refuses_is_repeated_only_when_that_can_help(
    book, deliver, postmark, answer, status
):
    postmark.next_answers.append(answer)
    book()

    deliver()

    row = Delivery.objects.get()
    assert (row.status, row.attempts) == (status, 1)
    assert "mia" not in row.last_error.lower()


def test_a_provider_without_its_settings_is_not_there(book, deliver, postmark, settings):
    del settings.ANYMAIL["POSTMARK_SERVER_TOKEN"]
    book()

    deliver()

    row = Delivery.objects.get()
    assert (row.status, row.attempts) == ("QUEUED", 1)
    assert "POSTMARK_SERVER_TOKEN" in row.last_error


@pytest.mark.parametrize("path", [PATH, "/api/v1/webhooks/mail/postmark/"])
def test_a_delivery_report_moves_sent_to_delivered(confirmed, report, path):
    response = report("Delivery", path=path, **known_as(confirmed))

    assert response.status_code == 200
    confirmed.refresh_from_db()
    assert confirmed.status == "DELIVERED"
    assert confirmed.ended_at is not None


def test_a_report_is_matched_by_the_providers_id_where_it_keeps_no_other(confirmed, report):
    report("Delivery", MessageID=confirmed.provider_message_id)

    confirmed.refresh_from_db()
    assert confirmed.status == "DELIVERED"


def test_a_bounce_takes_the_confirmation_back_and_is_an_event(confirmed, report):
    assert confirmed.booking.__class__.objects.get().confirmation_sent is True

    report(
        "Bounce",
        Type="HardBounce",
        Details="smtp;550 5.1.1 <mia@example.com> user unknown",
        **known_as(confirmed),
    )

    confirmed.refresh_from_db()
    assert confirmed.status == "BOUNCED"
    assert "user unknown" in confirmed.last_error
    assert "mia" not in confirmed.last_error
    confirmed.booking.refresh_from_db()
    assert confirmed.booking.confirmation_sent is False
    assert Event.objects.get(name="delivery.bounced").subject_id == confirmed.pk


@pytest.mark.parametrize("order", [("Delivery", "Bounce"), ("Bounce", "Delivery")])
def test_a_bounce_is_the_last_word_in_whichever_order_it_comes_and_however_often(
    confirmed, report, order
):
    for kind in (*order, *order):
        assert report(kind, Type="HardBounce", **known_as(confirmed)).status_code == 200

    confirmed.refresh_from_db()
    assert confirmed.status == "BOUNCED"
    assert Event.objects.filter(name="delivery.bounced").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kind", "status"), [("Delivery", "DELIVERED"), ("Bounce", "BOUNCED")])
def test_a_report_that_is_faster_than_our_own_writing_stands(
    book, deliver, postmark, report, staff, kind, status
):
    booking = confirm_booking(book(), caller=staff)
    take = postmark.answer

    def take_and_report_at_once(mail):
        if mail["Subject"].startswith("Confirmed"):
            report(kind, Type="HardBounce", Metadata=mail["Metadata"])
            connection.close()  # of the provider's thread
        return take(mail)

    postmark.answer = take_and_report_at_once
    deliver()

    row = Delivery.objects.get(message="booking_confirmed")
    assert row.content is not None
    assert (row.status, row.content["subject"][:10]) == (status, "Confirmed:")
    booking.refresh_from_db()
    assert booking.confirmation_sent is (status == "DELIVERED")


def test_a_bounce_alerts_the_desk(book, postmark, deliver, report, salon):
    salon.admin_email = "desk@salon.example"
    salon.save()
    book()
    deliver()
    row = Delivery.objects.get(message="booking_received")

    report("Bounce", Type="HardBounce", **known_as(row))
    deliver()

    assert [mail["Subject"].split(":")[0] for mail in postmark.mails if mail["To"] != MIA] == [
        "New booking",
        "Not delivered",
    ]


def test_a_mail_of_somebody_else_is_taken_note_of_and_nothing_more(confirmed, report):
    response = report("Delivery", MessageID="another-program's")

    assert response.status_code == 200
    confirmed.refresh_from_db()
    assert confirmed.status == "SENT"


@pytest.mark.parametrize("secret", ["reports:wrong", "", "other:0123456789abcdef0123"])
def test_a_report_without_the_secret_is_refused(confirmed, report, secret):
    response = report("Bounce", Type="HardBounce", secret=secret, **known_as(confirmed))

    assert response.status_code == 401
    assert response.json()["error"]["errorCode"] == "UNAUTHORIZED"
    confirmed.refresh_from_db()
    assert confirmed.status == "SENT"


def test_without_a_secret_of_ours_there_is_no_door(confirmed, report, settings):
    settings.MAIL_WEBHOOK_SECRET = ""

    assert report("Delivery", secret="", **known_as(confirmed)).status_code == 404


@pytest.mark.parametrize("provider", ["sendgrid", "smtp", "nobody"])
def test_only_the_provider_that_we_send_by_is_heard(postmark, report, provider):
    response = report("Delivery", path=f"/api/webhooks/mail/{provider}")

    assert response.status_code == 404
    assert response.json()["error"]["errorCode"] == "NOT_FOUND"


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"RecordType": 3, "Metadata": 4}', "\0"])
def test_a_report_that_cannot_be_read_is_no_crash(postmark, client, body):
    headers = {"Authorization": f"Basic {b64encode(SECRET.encode()).decode()}"}

    response = client.post(PATH, body, content_type="application/json", headers=headers)

    assert response.status_code in (200, 400)


def test_reports_are_posted(postmark, client):
    response = client.get(PATH)

    assert response.status_code == 405
    assert response.json()["error"]["errorCode"] == "METHOD_NOT_ALLOWED"


def test_while_the_database_is_away_the_provider_is_asked_to_repeat(
    confirmed, report, monkeypatch, client
):
    client.raise_request_exception = False

    def away(report):
        raise OperationalError("the server is gone")

    monkeypatch.setattr("notifications.inbound.email.note_delivered", away)

    assert report("Delivery", **known_as(confirmed)).status_code >= 500
