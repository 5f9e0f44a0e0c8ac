from notifications.models.delivery import Content, Delivery

__all__ = ["Content", "Delivery"]
