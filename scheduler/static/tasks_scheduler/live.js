/* Keeps parts of a page fresh: asks for them once a second, replaces what changed, lets times run.
   Without it the page is complete, only still. */
"use strict";

const live = document.querySelector("[data-live]");
const clockSkew = live ? Number(live.dataset.now) * 1000 - Date.now() : 0;
const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { style: "narrow" });
const instant = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const sources = new WeakMap();
let etag = null;
let paused = false;

function now() {
  return Date.now() + clockSkew;
}

/* --- Fresh parts ------------------------------------------------------------------------------ */

async function poll() {
  if (!paused && !document.hidden) {
    try {
      const headers = etag ? { "If-None-Match": etag } : {};
      const answer = await fetch(live.dataset.live, { headers, cache: "no-store" });
      if (answer.ok) {
        etag = answer.headers.get("ETag");
        show((await answer.json()).parts);
      }
      live.classList.toggle("ts-is-stale", !answer.ok && answer.status !== 304);
    } catch {
      live.classList.add("ts-is-stale"); // the server is away; the next round asks again
    }
  }
  setTimeout(poll, Number(live.dataset.every) || 1000);
}

function show(parts) {
  for (const [name, html] of Object.entries(parts)) {
    const part = document.querySelector(`[data-part="${name}"]`);
    if (!part) continue;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    merge(part, fresh.content);
  }
  keepTime();
}

/* Replace what differs and leave the rest alone, so that focus, hover and selection survive. */
function merge(part, fresh) {
  const known = byKey(part);
  let place = part.firstElementChild;
  for (const [key, child] of byKey(fresh)) {
    const old = known.get(key);
    const isInPlace = old && old === place;
    const shown = renewed(old, child);
    known.delete(key);
    if (isInPlace) place = shown.nextElementSibling;
    else part.insertBefore(shown, place);
  }
  for (const gone of known.values()) gone.remove();
}

/* Return the element to show: the old one if it says the same, or is under somebody's fingers. */
function renewed(old, child) {
  if (!old) return marked(child, "ts-is-new");
  const html = child.outerHTML;
  if (sources.get(old) === html || old.contains(document.activeElement)) return old;
  if (child.querySelector("[data-key]")) {
    for (const { name, value } of child.attributes) old.setAttribute(name, value);
    merge(old, child);
    sources.set(old, html);
    return old;
  }
  const moved = old.dataset.state !== child.dataset.state;
  old.replaceWith(child);
  return marked(child, moved ? "ts-is-changed" : "");
}

function marked(element, name) {
  remember(element);
  if (name && element.dataset.state) element.classList.add(name);
  return element;
}

/* What the server said, before running times and marks changed it. */
function remember(element) {
  for (const each of [element, ...element.querySelectorAll("*")]) sources.set(each, each.outerHTML);
}

function byKey(parent) {
  const unnamed = {};
  return new Map(
    [...parent.children].map((child) => {
      const name = child.localName;
      unnamed[name] = (unnamed[name] || 0) + (child.dataset.key ? 0 : 1);
      return [child.dataset.key || `${name} ${unnamed[name]}`, child];
    }),
  );
}

/* --- Running time ----------------------------------------------------------------------------- */

function keepTime() {
  const moment = now();
  for (const element of document.querySelectorAll("time[data-relative]")) {
    const text = relative((Date.parse(element.dateTime) - moment) / 1000);
    if (element.textContent !== text) element.textContent = text;
  }
  for (const lane of document.querySelectorAll("svg[data-origin]")) {
    const span = Number(lane.dataset.span);
    const left = moment / 1000 - Number(lane.dataset.origin) - span;
    lane.setAttribute("viewBox", `${left.toFixed(2)} 0 ${2 * span} 20`);
  }
}

function relative(seconds) {
  const size = Math.abs(seconds);
  if (size < 1) return instant.format(0, "second"); // "now"
  if (size < 90) return words.format(Math.trunc(seconds), "second");
  if (size < 90 * 60) return words.format(Math.round(seconds / 60), "minute");
  if (size < 36 * 3600) return words.format(Math.round(seconds / 3600), "hour");
  return words.format(Math.round(seconds / 86400), "day");
}

/* Ten times a second looks like sliding; once a second is enough for those who prefer stillness. */
function run() {
  if (!document.hidden) keepTime();
  setTimeout(run, calm.matches ? 1000 : 100);
}

function offerPause() {
  const button = document.querySelector("[data-live-pause]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
  });
}

if (live) {
  for (const part of document.querySelectorAll("[data-part]")) remember(part);
  offerPause();
  poll();
}
run();
