"""What messages keep of a customer, told to who exports it."""

from bookings.keepers import Keeper, register
from notifications.selectors.customer import messages_about

register(Keeper(name="messages", tell=messages_about))
