"""The pages of the site, the admin, and the dashboard of the scheduler under /jobs/."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("frontpage.urls")),
    path("articles/", include("publishing.urls")),
    path("pictures/", include("pictures.urls")),
    path("contact/", include("contact.urls")),
    path("jobs/", include("scheduler.urls")),
    path("admin/", admin.site.urls),
]
