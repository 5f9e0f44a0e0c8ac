"""The messages' part of the API, below /api."""

from django.urls import path

from notifications.api.mail_reports import mail_reports

urlpatterns = [path("webhooks/mail/<slug:provider>", mail_reports, name="mail-reports")]
