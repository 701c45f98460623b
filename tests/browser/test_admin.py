"""What an operator sees and does in the admin."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.test_first_page import log_in


def test_a_queue_is_paused_and_resumed_by_hand(page, site, complaints):
    log_in(page, site)
    page.goto(f"{site}/admin/tasks_core/queue/")
    line = page.locator("tr[data-queue=default]")
    expect(line.locator("svg.job-shares")).to_be_visible()

    line.get_by_role("textbox").fill("a look at the pause")
    line.get_by_role("button", name="Pause").click()
    expect(line).to_contain_text("paused")
    expect(line).to_contain_text("by admin: a look at the pause")

    line.get_by_role("button", name="Resume").click()
    expect(line).not_to_contain_text("paused")
    assert complaints == []


def test_a_job_has_a_line_of_its_life(page, site, complaints):
    log_in(page, site)
    page.goto(f"{site}/admin/tasks_core/job/?state__exact=successful")
    page.locator("#result_list tbody th a").first.click()

    expect(page.locator("svg.job-life")).to_be_visible()
    expect(page.locator(".job-key")).to_contain_text("ran")
    assert complaints == []


def test_the_lists_fit_on_the_page(page, site, complaints):
    log_in(page, site)
    for name in ("job", "queue", "limit", "process"):
        page.goto(f"{site}/admin/tasks_core/{name}/")
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, name
    expect(page.locator("#result_list")).to_contain_text("alive")
    assert complaints == []
