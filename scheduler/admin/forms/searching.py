"""A select whose choices can be searched."""

from __future__ import annotations

from django import forms


class Searching(forms.Select):
    """A select that can be searched, with the widget that Django's admin brings along."""

    class Media:
        css = {
            "screen": [
                "admin/css/vendor/select2/select2.min.css",
                "admin/css/autocomplete.css",
            ]
        }
        js = [
            "admin/js/vendor/jquery/jquery.min.js",
            "admin/js/vendor/select2/select2.full.min.js",
            "admin/js/jquery.init.js",
        ]

    def __init__(self) -> None:
        super().__init__(attrs={"class": "ts-search admin-autocomplete"})
