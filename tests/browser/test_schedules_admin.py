"""What somebody sees who makes and changes schedules in the admin: answers while one types."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_first_page import FAINT_TEXTS, log_in

PREVIEW = ".ts-preview"
PAGES = "admin/tasks_scheduler/schedule"


@pytest.fixture(scope="module")
def cookies():
    """Who logged in once, to be somebody at once in the pages that follow."""
    return []


@pytest.fixture
def admin(page, site, cookies):
    if cookies:
        page.context.add_cookies(cookies)
    else:
        log_in(page, site)
        cookies += page.context.cookies()
    page.goto(f"{site}/{PAGES}/")
    return page


def describe(page, site, key):
    page.goto(f"{site}/{PAGES}/add/")
    page.fill("#id_key", key)
    page.locator("#id_task + .select2-container").click()
    page.keyboard.type("write_feed")
    page.keyboard.press("Enter")


def test_a_schedule_is_described_while_its_due_times_are_shown(admin, site, scheme, complaints):
    addresses = []
    admin.on("request", lambda request: addresses.append(request.url))
    describe(admin, site, f"seen-by-{scheme}")
    expect(admin.locator("#id_task")).to_have_value(re.compile("write_feed"))
    expect(admin.locator("#id_cron")).to_be_visible()
    expect(admin.locator("#id_times")).to_be_hidden()

    admin.select_option("#id_kind", "weekly")
    expect(admin.locator("#id_cron")).to_be_hidden()
    admin.check("input[name=weekdays][value=MON]")
    admin.fill("#id_times", "02:30")
    admin.fill("#id_timezone", "Europe/Berlin")

    expect(admin.locator(PREVIEW)).to_contain_text("every week on Monday at 02:30")
    expect(admin.locator(f"{PREVIEW} tbody tr")).to_have_count(5)
    expect(admin.locator(f"{PREVIEW} tbody tr").first).to_contain_text("Mon ")
    assert any(each.endswith("/schedule/preview/") for each in addresses)
    assert not any("/preview/?" in each for each in addresses)  # which would be logged

    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.locator(".success")).to_contain_text("was added successfully")
    admin.get_by_role("link", name=f"seen-by-{scheme}").first.click()
    expect(admin.locator("#id_times")).to_have_value("02:30")
    expect(admin.locator(".ts-panel").last).to_contain_text("create")

    admin.get_by_role("link", name="Delete").click()
    admin.get_by_role("button", name="Yes").click()
    expect(admin.locator(".success")).to_contain_text("was deleted successfully")
    assert complaints == []


def test_what_is_wrong_is_told_before_it_is_sent(admin, site, complaints):
    describe(admin, site, "never-saved")

    admin.fill("#id_cron", "0 25 * * *")
    error = admin.locator(".field-cron .errorlist")
    expect(error).to_contain_text("25")
    expect(admin.locator("#id_cron")).to_have_attribute("aria-invalid", "true")

    admin.fill("#id_cron", "0 5 * * *")
    expect(error).to_have_count(0)
    expect(admin.locator(f"{PREVIEW} tbody tr")).to_have_count(5)

    admin.fill("#id_kwargs", '{"no_such": 1}')
    expect(admin.locator(".field-kwargs .errorlist")).to_contain_text("no_such")
    assert complaints == []


def test_a_queue_that_nobody_serves_is_named_only_by_choice(admin, site):
    describe(admin, site, "never-saved")
    admin.get_by_text("Where its jobs go").click()
    expect(admin.locator("#id_new_queue")).to_be_hidden()

    admin.select_option("#id_queue", "other,")

    expect(admin.locator("#id_new_queue")).to_be_visible()


def test_a_declared_schedule_is_overridden_and_restored(admin, site, complaints):
    admin.goto(f"{site}/{PAGES}/revision-clean-up/change/")
    expect(admin.locator("#id_cron")).to_have_count(0)
    admin.get_by_role("link", name="Override…").click()
    expect(admin.locator(PREVIEW)).to_contain_text("03:15")

    admin.fill("#id_cron", "45 4 * * *")
    expect(admin.locator(PREVIEW)).to_contain_text("04:45:00")
    admin.fill("#id_reason", "the backup takes longer")
    admin.get_by_role("button", name="Override").click()

    panel = admin.locator(".ts-panel").first
    expect(panel).to_contain_text("cron 15 3 * * * Europe/London")
    expect(panel).to_contain_text("cron 45 4 * * * Europe/London")
    expect(panel).to_contain_text("the backup takes longer")

    admin.get_by_role("link", name="Restore…").click()
    admin.fill("#id_reason", "it is fast again")
    admin.get_by_role("button", name="Restore").click()
    expect(admin.locator(".ts-panel").first).not_to_contain_text("cron 45 4 * * *")
    assert complaints == []


def test_a_run_by_hand_asks_first_and_leads_to_its_job(admin, site, complaints):
    admin.goto(f"{site}/{PAGES}/session-clean-up/change/")
    before = admin.locator(".ts-facts").inner_text()
    admin.get_by_role("link", name="Run now…").click()
    expect(admin.locator("#content")).to_contain_text("Makes one job now")
    admin.fill("#id_reason", "to see it")
    admin.get_by_role("button", name="Run now").click()

    expect(admin.locator(".success")).to_contain_text("runs now")
    assert (
        before.split("Next")[1].split()[-3:-1]
        == (admin.locator(".ts-facts").inner_text().split("Next")[1].split()[-3:-1])
    )
    admin.locator(".success a").click()
    expect(admin).to_have_url(re.compile("/admin/tasks_core/job/"))
    assert complaints == []


def test_without_javascript_a_button_shows_the_due_times(browser, site):
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    log_in(still, site)
    still.goto(f"{site}/{PAGES}/add/")
    still.fill("#id_key", "never-saved")
    still.fill("#id_cron", "0 5 * * *")

    still.get_by_role("button", name="Preview").click()

    expect(still.locator(f"{PREVIEW} tbody tr")).to_have_count(5)
    context.close()


@pytest.mark.parametrize("path", ["", "add/", "pulse/change/", "pulse/override/", "pulse/run/"])
def test_the_pages_fit_and_their_words_stand_out(admin, site, path):
    admin.goto(f"{site}/{PAGES}/{path}")

    width = admin.evaluate("document.documentElement.scrollWidth - innerWidth")
    faint = admin.evaluate(FAINT_TEXTS)

    assert width <= 0
    assert [each for each in faint if " ts-" in each] == []


@pytest.mark.parametrize("path", ["add/", "pulse/override/", "pulse/backfill/"])
def test_every_field_has_a_name_for_those_who_do_not_see(admin, site, path):
    admin.goto(f"{site}/{PAGES}/{path}")

    nameless = admin.evaluate(
        """() => [...document.querySelectorAll('#content-main form :is(input, select, textarea)')]
          .filter((each) => each.type !== 'hidden' && each.type !== 'submit' && !each.closest('noscript')
            && !each.labels?.length && !each.ariaLabel && !each.getAttribute('aria-labelledby'))
          .map((each) => each.outerHTML.slice(0, 80))"""
    )

    assert nameless == []
