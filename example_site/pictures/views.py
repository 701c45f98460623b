"""The gallery, the upload, and the files from wherever they lie."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from .forms import UploadForm
from .models import Picture, Rendition


def gallery(request: HttpRequest) -> HttpResponse:
    pictures = Picture.objects.prefetch_related("renditions")[:60]
    return render(request, "pictures/gallery.html", {"pictures": pictures, "form": UploadForm()})


@staff_member_required(login_url="admin:login")
def upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved. The smaller sizes are being made.")
        return redirect("pictures:gallery")
    return render(request, "pictures/upload.html", {"form": form})


def file(request: HttpRequest, pk: int) -> FileResponse:
    """Serve one size of a picture, before and after it moved."""
    rendition = get_object_or_404(Rendition, pk=pk)
    try:
        content = rendition.open()
    except FileNotFoundError:
        # It moved between the look at the row and the look at the folder.
        rendition.refresh_from_db()
        if not rendition.moved_at:
            raise Http404("The file is lost.") from None
        content = rendition.open()
    response = FileResponse(content)
    response.headers["Cache-Control"] = "max-age=86400, immutable"
    return response
