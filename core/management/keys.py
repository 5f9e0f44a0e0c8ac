"""What the commands about API keys share."""

from django.core.management.base import CommandError

from core.errors import DomainError
from core.models import ApiKey, Organization


def organization_named(slug: str) -> Organization:
    """Return the organization. Raises CommandError."""
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise CommandError(f"There is no organization {slug}.")
    return organization


def key_beginning(prefix: str, organization: Organization) -> ApiKey:
    """Return the organization's key that begins with `prefix`. Raises CommandError."""
    found = list(ApiKey.objects.for_organization(organization.pk).filter(prefix=prefix)[:2])
    if len(found) != 1:
        how_many = "more than one key" if found else "no key"
        raise CommandError(f"{organization.slug} has {how_many} that begins with this.")
    return found[0]


def why(error: DomainError) -> CommandError:
    """Return what a service refused, in words."""
    fields = error.details.get("fields", {})
    sentences = [" ".join(said) for said in fields.values()]  # type: ignore[attr-defined]
    return CommandError(" ".join(sentences) or str(error))
