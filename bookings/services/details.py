"""What a service wants to know of every booking, besides its own questions."""

from bookings.models import Service

NEEDED = "This field is required."
LONGEST_LOCATION = 500

Kind = Service.LocationKind


def wrong_with_details(
    service: Service, *, company: str, phone: str, inquiry: str, location: str
) -> dict[str, list[str]]:
    """Return what is missing or out of place, by the path of each field.

    A course asks for neither company nor inquiry. By telephone without a number of the business,
    the customer is called: their number is needed. `location` is the customer's to say only where
    the service leaves it to them.
    """
    wrong = {}
    if service.company_required and not service.is_course and not company.strip():
        wrong["company"] = [NEEDED]
    if service.inquiry_required and not service.is_course and not inquiry.strip():
        wrong["inquiry"] = [NEEDED]
    if service.location_kind == Kind.PHONE and not service.location and not phone.strip():
        wrong["phone"] = [NEEDED]
    if service.location_kind == Kind.CUSTOMER:
        if not location.strip():
            wrong["location"] = [NEEDED]
        elif len(location) > LONGEST_LOCATION:
            wrong["location"] = [f"Use {LONGEST_LOCATION} characters at most."]
    elif location:
        wrong["location"] = ["Where it takes place is for the business to say."]
    return wrong


def location_of(service: Service, said: str) -> str:
    """Return where a booking takes place: a copy, so that what was promised stays known."""
    return said.strip() if service.location_kind == Kind.CUSTOMER else service.location
