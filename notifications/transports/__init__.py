from notifications.models import Delivery
from notifications.transports.base import Line, Mail, Transport, TransportError
from notifications.transports.email import EmailTransport

TRANSPORTS: dict[str, Transport] = {
    Delivery.Channel.EMAIL: EmailTransport(),
}

__all__ = ["TRANSPORTS", "Line", "Mail", "Transport", "TransportError"]
