/* Forms that answer while somebody types: the errors that a save would give, and what would come
   of it. Without this script the forms are complete; they tell the same when they are sent. */
"use strict";

const WAIT = 350; // milliseconds without a key before the server is asked
let panel = null; // where the preview stands
let form = null;
let timer = null;
let asked = null;

/* --- Only what the choice is about ------------------------------------------------------------ */

function boxOf(input) {
  return input.closest(".fieldBox") || input.closest(".form-row");
}

function showChosen() {
  const kind = form.elements.kind;
  if (kind) {
    for (const input of form.querySelectorAll("[data-kinds]")) {
      boxOf(input).hidden = !input.dataset.kinds.split(" ").includes(kind.value);
    }
  }
  for (const input of form.querySelectorAll("[data-of]")) {
    boxOf(input).hidden = form.elements.queue.value !== input.dataset.of;
  }
  for (const row of form.querySelectorAll(".form-row")) {
    const boxes = [...row.querySelectorAll(".fieldBox")];
    if (boxes.length) row.hidden = boxes.every((box) => box.hidden);
  }
}

/* --- What the server says --------------------------------------------------------------------- */

function later() {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT);
}

async function ask() {
  if (asked) asked.abort();
  asked = new AbortController();
  const body = new URLSearchParams(new FormData(form)); // with the token; addresses are logged
  try {
    const answer = await fetch(panel.dataset.preview, { method: "POST", body, signal: asked.signal });
    const isOurs = answer.ok && !answer.redirected;
    panel.classList.toggle("ts-is-stale", !isOurs);
    if (isOurs) show(await answer.json());
  } catch (error) {
    if (error.name !== "AbortError") panel.classList.add("ts-is-stale");
  }
}

function show({ errors, html }) {
  if (panel.innerHTML !== html) panel.innerHTML = html;
  for (const old of form.querySelectorAll(".form-row .errorlist, .form-row + .errorlist")) old.remove();
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-errormessage");
  }
  for (const row of form.querySelectorAll(".form-row.errors")) row.classList.remove("errors");
  for (const [name, found] of Object.entries(errors)) {
    const told = found.filter((each) => each.code !== "required");
    if (told.length) tell(name, told);
  }
}

function tell(name, told) {
  const field = name === "__all__" ? null : form.elements[name];
  const list = document.createElement("ul");
  list.className = "errorlist";
  list.id = `id_${name}_live`;
  for (const { message } of told) {
    const line = document.createElement("li");
    line.textContent = message;
    list.append(line);
  }
  if (!field) {
    panel.prepend(list);
    return;
  }
  const input = field instanceof RadioNodeList ? field[0] : field;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-errormessage", list.id);
  boxOf(input).append(list);
  const folded = input.closest("details");
  if (folded) folded.open = true;
}

/* --- A select that can be searched ------------------------------------------------------------ */

function offerSearch() {
  const jquery = window.django && window.django.jQuery;
  if (!jquery || !jquery.fn.select2) return;
  for (const select of form.querySelectorAll("select.ts-search")) {
    const made = jquery(select).select2({ theme: "admin-autocomplete", width: "min(42rem, 100%)" });
    made.on("select2:select", later);
    made.on("select2:open", () => document.querySelector(".select2-search__field").focus());
  }
}

addEventListener("DOMContentLoaded", () => {
  panel = document.querySelector("[data-preview]");
  form = panel && panel.dataset.preview ? panel.closest("form") : null;
  if (!form) return;
  form.addEventListener("input", later);
  form.addEventListener("change", () => {
    showChosen();
    later();
  });
  showChosen();
  offerSearch();
});
