from notifications.models import Delivery
from notifications.transports.base import Invitation, Line, Mail, Transport, TransportError
from notifications.transports.email import EmailTransport

TRANSPORTS: dict[str, Transport] = {
    Delivery.Channel.EMAIL: EmailTransport(),
}

__all__ = ["TRANSPORTS", "Invitation", "Line", "Mail", "Transport", "TransportError"]
