"use strict";

// Everything works without this file. It adds keys and steps between places, remembers the layout, brings the hit into
// view, and lets the wheel turn vertical pages.

const box = document.getElementById("q") ?? document.getElementById("quick");
const article = document.querySelector(".reading article");
const steps = document.querySelector(".steps");
const standing = document.querySelector(".tools .total");
// Of a place that is marked in several pieces the first one is gone to.
const stops = article
  ? [...article.querySelectorAll("[id^='o-']")].map((place) => markBehind(place))
  : [...document.querySelectorAll(".hit h2 a, .kwic .at")];
let at = Number(standing?.dataset.at ?? 0) - 1;

function markBehind(place) {
  let next = place.nextElementSibling;
  while (next && !next.matches("mark.found")) next = next.nextElementSibling;
  return next ?? place;
}

function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is closed to us: nothing is remembered then
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // as above
  }
}

function show(element) {
  const vertical = article?.classList.contains("vertical");
  // In vertical text "inline" is up and down: the whole article is shown, and then turned to the element.
  if (vertical) article.scrollIntoView({ block: "nearest", inline: "center" });
  element.scrollIntoView({ block: "center", inline: vertical ? "nearest" : "center" });
}

function move(step) {
  if (!stops.length) return;
  const before = at;
  at = Math.min(Math.max(at + step, 0), stops.length - 1);
  if (article) {
    tell(at === before ? (step > 0 ? "last" : "first") : "");
    for (const each of stops) each.classList.toggle("here", each === stops[at]);
  } else {
    stops[at].focus({ preventScroll: true });
  }
  show(stops[at]);
}

// Which place of how many this is, for eyes and for screen readers; the button that was pressed keeps the focus.
function tell(end) {
  const nth = standing.dataset.nth.replace("{nth}", at + 1);
  standing.textContent = end ? `${nth} · ${standing.dataset[end]}` : nth;
}

// Whoever dictates would set off single letters (WCAG 2.1.4).
const KEYS = "wenyuan.keys";
const switched = document.querySelector("#keys input");

function keysAreOn() {
  return remembered(KEYS) !== "off";
}

if (switched) {
  switched.closest("#keys").hidden = false;
  switched.checked = keysAreOn();
  switched.addEventListener("change", () => remember(KEYS, switched.checked ? "on" : "off"));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (!keysAreOn()) return;
  if (event.key === "/" && box) {
    event.preventDefault();
    box.focus();
    box.select();
  } else if (event.key === "j") {
    move(1);
  } else if (event.key === "k") {
    move(-1);
  }
});

if (steps && stops.length > 1) {
  steps.hidden = false;
  steps.addEventListener("click", (event) => move(Number(event.target.dataset.step ?? 0)));
}

// A choice acts at once, where there is something to search for or the form is for a list; the focus is on it again when the page is there.

const CHOICE = "wenyuan.choice";
const choices = document.querySelector("main form.search[method='get']");

choices?.addEventListener("change", (event) => {
  const asked = new FormData(choices).getAll("q").some((each) => each.trim());
  if (!(asked || "always" in choices.dataset) || !event.target.matches("select, [type='radio'], [type='checkbox']")) return;
  try {
    sessionStorage.setItem(CHOICE, `${location.pathname} ${event.target.name}`);
  } catch {
    // storage is closed to us: the focus is then at the head of the page
  }
  choices.requestSubmit();
});

function toChoice() {
  try {
    const [path, name] = (sessionStorage.getItem(CHOICE) ?? "").split(" ");
    sessionStorage.removeItem(CHOICE);
    if (path !== location.pathname || !choices) return;
    const found = [...choices.elements].filter((each) => each.name === name && each.type !== "hidden");
    (found.find((each) => each.checked) ?? found[0])?.focus({ preventScroll: true });
  } catch {
    // as above
  }
}

toChoice();

const STORED = "wenyuan.layout";
const toggle = document.querySelector("a.layout");

function lay(layout) {
  const vertical = layout === "vertical";
  const other = vertical ? "horizontal" : "vertical";
  article.classList.toggle("vertical", vertical);
  toggle.dataset.layout = layout;
  toggle.textContent = toggle.dataset[other];
  remember(STORED, layout);
}

function toHit() {
  const hit = document.getElementById("hit");
  if (!hit || location.hash !== "#hit") return;
  const next = hit.nextElementSibling;
  const found = next && next.matches("mark.found, mark.shared") ? next : hit;
  at = stops.filter((each) => each === found || each.compareDocumentPosition(hit) & Node.DOCUMENT_POSITION_FOLLOWING).length - 1;
  show(found);
}

if (article && toggle) {
  if ("chosen" in toggle.dataset) lay(toggle.dataset.layout);
  else if (remembered(STORED) === "vertical") lay("vertical");
  toggle.addEventListener("click", (event) => {
    event.preventDefault();
    lay(toggle.dataset.layout === "vertical" ? "horizontal" : "vertical");
    toHit();
  });
  article.addEventListener("wheel", (event) => {
    if (!article.classList.contains("vertical") || event.deltaX || event.shiftKey || event.ctrlKey) return;
    const before = article.scrollLeft;
    article.scrollLeft -= event.deltaY;
    if (article.scrollLeft !== before) event.preventDefault(); // at either end the page itself moves on
  }, { passive: false });
  // Twice: the leaves passed on the way are laid out only when they come into view.
  requestAnimationFrame(() => {
    toHit();
    requestAnimationFrame(toHit);
  });
}
