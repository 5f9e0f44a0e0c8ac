from notifications.models.delivery import Content, Delivery
from notifications.models.reminder import Reminder, ReminderRule

__all__ = ["Content", "Delivery", "Reminder", "ReminderRule"]
