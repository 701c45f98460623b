"""What the forms of Wagtail's admin post."""

BODY = '{"blocks": [{"text": "%s", "type": "unstyled", "key": "a"}], "entityMap": {}}'


def of_page(page, body="Sencha", **fields):
    return {
        "title": page.title,
        "slug": page.slug,
        "body": BODY % body,
        "comments-TOTAL_FORMS": 0,
        "comments-INITIAL_FORMS": 0,
    } | fields
