from django.db import models

from core.models.organization import Organization


class Logo(models.Model):
    """The bytes of an organization's logo, a PNG that was made small when it was given.

    In the database, so that it is there on every machine and in every backup. What pages need to
    show it (whether there is one, which, how large) stands on the organization itself.
    """

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, related_name="logo", primary_key=True
    )
    content = models.BinaryField(max_length=200_000)

    def __str__(self) -> str:
        return f"logo {self.pk}"
