from django.urls import path

from benchmarks import views
from config.urls import urlpatterns as product

urlpatterns = [
    path("api/floor/open/<uuid:organization>", views.OpenBookings.as_view({"get": "list"})),
    path("api/floor/insert", views.Insert.as_view()),
    path("api/floor/values", views.ListOfValues.as_view()),
    path("api/floor/models", views.ListOfModels.as_view()),
    path("api/floor/rows/<uuid:pk>", views.OneRow.as_view()),
    *product,
]
