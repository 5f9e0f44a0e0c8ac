from django.db import models

from core.models.organization import Organization


class Logo(models.Model):
    """An organization's picture, made small when it was uploaded; on its pages and in its mails.

    In the database, so that it is there on every machine and in every backup.
    """

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="logo")
    content = models.BinaryField(max_length=200_000)
    content_type = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"logo {self.pk}"
