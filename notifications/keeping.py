"""What messages keep of a customer, for who exports or erases it."""

from bookings.keepers import Keeper, register
from notifications.selectors.customer import messages_about, unsaid_to
from notifications.services.forgetting import forget_messages

register(Keeper(name="messages", tell=messages_about, forget=forget_messages, unsaid=unsaid_to))
