"""What this app keeps of people, and what for: its part of the record of processing activities."""

from django.utils.translation import gettext_lazy

from core.processing import CONTRACT, Activity, Data, mail_server, messages_kept, register

register(
    Activity(
        key="messages",
        purpose=gettext_lazy("Telling people about appointments, and proving that they were told"),
        people=gettext_lazy("Customers and staff"),
        ground=CONTRACT,
        data=(
            Data(gettext_lazy("Address it went to"), "notifications.Delivery", ("address",)),
            Data(gettext_lazy("What it said"), "notifications.Delivery", ("content",)),
        ),
        kept=messages_kept,
        recipients=(mail_server,),
    ),
)
