"""The pages of the site, the admin, and the dashboard of the scheduler under /jobs/."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", include("frontpage.urls")),
    path("articles/", include("publishing.urls")),
    path("pictures/", include("pictures.urls")),
    path("contact/", include("contact.urls")),
    path("jobs/", include("scheduler.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=static("site/lighthouse.svg"))),
]
