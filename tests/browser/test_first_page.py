"""What somebody sees who types one command and opens the page: things happen, without a reload."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.browser.conftest import SOON


def log_in(page, site):
    page.goto(f"{site}/admin/login/?next=/articles/write/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", "admin")
    page.click("[type=submit]")


def test_an_article_comes_out_and_jobs_move_before_the_eyes(page, site, scheme, complaints):
    log_in(page, site)
    title = f"Seen by {scheme}"
    page.fill("#id_title", title)
    page.fill("#id_body", "It comes out while you watch.")
    page.fill("#id_publish_at", f"{datetime.now(UTC) + timedelta(seconds=12):%Y-%m-%dT%H:%M:%S}")
    page.get_by_role("button", name="Save").click()
    page.goto(site)
    page.evaluate("window.neverReloaded = true")
    expect(page.locator(".next-out")).to_contain_text(title)

    published = page.locator(".articles h3").filter(has_text=title)
    expect(published).to_be_visible(timeout=SOON)
    expect(page.locator("[data-part=jobs] tr").filter(has_text=title)).to_contain_text(
        "successful", timeout=SOON
    )
    pulses = page.locator("[data-part=ledger] tr").filter(has_text="pulse")
    expect(pulses.filter(has_text="successful").first).to_be_visible(timeout=SOON)
    stored = page.locator(".pictures .ts-chip").filter(has_text="stored").first
    expect(stored).to_be_visible(timeout=SOON)
    expect(page.locator("svg .ts-is-successful").first).to_be_attached(timeout=SOON)

    assert page.evaluate("window.neverReloaded") is True
    assert complaints == []


def test_the_lane_slides_and_a_pause_stops_the_news(page, site):
    page.goto(site)
    lane = page.locator("svg[data-origin]").first
    before = lane.get_attribute("viewBox")
    page.wait_for_function(
        "before => document.querySelector('svg[data-origin]').getAttribute('viewBox') !== before",
        arg=before,
    )

    page.get_by_role("button", name="Pause updates").click()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)

    assert [url for url in asked if "live.json" in url] == []


def test_the_dashboard_is_for_staff_and_keeps_itself_fresh(page, site, complaints):
    page.goto(f"{site}/jobs/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", "admin")
    page.click("[type=submit]")

    expect(page.get_by_role("heading", name="Jobs and schedules")).to_be_visible()
    first = page.locator("[data-part=ledger] tbody tr").first
    expect(first).to_be_visible(timeout=SOON)
    newest = first.get_attribute("data-key")
    expect(page.locator("[data-part=ledger] tbody tr").first).not_to_have_attribute(
        "data-key", newest or "", timeout=SOON
    )
    link = page.locator("[data-part=ledger] a").first
    link.click()
    expect(page).to_have_url(re.compile(r"/admin/tasks_core/job/"))
    assert complaints == []


def test_without_javascript_everything_is_there_only_still(browser, site):
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()

    still.goto(site)

    expect(still.get_by_text("Next out")).to_be_visible()
    expect(still.locator(".ts-lane-name").filter(has_text="pulse")).to_be_visible()
    expect(still.get_by_role("button", name="Pause updates")).to_be_hidden()
    context.close()


def test_words_stand_out_from_what_is_behind_them(page, site):
    """WCAG AA: 4.5 to 1 for text; checked on every element that holds text."""
    page.goto(site)
    expect(page.locator("[data-part=ledger] tbody tr").first).to_be_visible(timeout=SOON)

    faint = page.evaluate(FAINT_TEXTS)

    assert faint == []


FAINT_TEXTS = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255, 255];
  };
  const holdsText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    if (!holdsText(element) || !element.checkVisibility() || element.classList.contains("skip")) continue;
    const [one, other] = [light(rgba(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${element.className} ${element.textContent.trim().slice(0, 40)}`);
  }
  return found;
}
"""
